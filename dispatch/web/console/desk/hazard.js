// How likely a customer is to phone who has heard nothing: a log-normal time from the opening of the case, by class of fault
// (dispatch/core/call_order/hazards.py). Reckoned here, so that nothing has to be sent for time to pass.

export const SOON = 120;

// The complementary error function, to 1.5e-7 (Abramowitz and Stegun, 7.1.26).
const SERIES = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592, 0];

function erfc(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const value = SERIES.reduce((sum, factor) => sum * t + factor) * Math.exp(-x * x);
  return x < 0 ? 2 - value : value;
}

const waits = (seconds, median, sigma) => (seconds <= 0 ? 1 : erfc(Math.log(seconds / median) / sigma / Math.SQRT2) / 2);

// Within so many seconds from now, of somebody who has not phoned yet; null of who rang in.
export function phonesWithin(hazard, now, seconds = SOON) {
  if (!hazard) return null;
  const [opened, median, sigma] = hazard;
  const still = waits(now - opened, median, sigma);
  return still > 0 ? 1 - waits(now - opened + seconds, median, sigma) / still : 0;
}
