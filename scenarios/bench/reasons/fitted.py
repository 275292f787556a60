"""The table of weights fitted to contacts whose reason is known: multinomial logistic regression, held back as far as is right.

How strict (ridge) and how sure (temperature) is chosen on worlds that were left out, one fifth of the seeds after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

from dispatch.core.reasons.model import Reason, Sign
from dispatch.core.reasons.weights import weights
from scenarios.bench.reasons.played import Contact

Floats = npt.NDArray[np.float64]
REASONS, SIGNS = list(Reason), list(Sign)
RIDGES = (0.3, 1.0, 3.0, 10.0)
FOLDS = 5
FEWEST = 20
"""Of a sign, or a reason, of which fewer contacts tell, what stands is kept: they would say what chance has it."""
SMALL = 0.05
"""A weight that is less says nothing, and is left out."""
HEAD = """# How much each sign speaks for each reason: log-odds. Read and checked by dispatch/core/reasons/weights.py.
#
# P(reason) is a softmax over log(share) + the weights of all signs that hold, divided by the temperature. All but `chosen` is
# fitted [fit] to contacts drawn from worlds (seeds 1 to 10 of scenarios/bench/reasons/town.yaml) by
# `callahead bench reasons --fit FILE`: how often people of that town ring about what is ours [fit], too. What agents say at a
# house of its own moves the shares (docs/calls.md).
#
# chosen: who chooses something in a menu says it themselves: that outweighs what is guessed [fit].
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Contacts as figures."""

    signs: Floats
    """One row a contact: 1 for each sign that holds, and 1 for the shares."""
    before: Floats
    """1 at what they turned to us about last."""
    truth: npt.NDArray[np.int64]
    seed: npt.NDArray[np.int64]


def fitted(contacts: Sequence[Contact]) -> str:
    """Return the table as its file has it."""
    drawn = _drawn(contacts)
    ridge, temperature = _chosen(drawn)
    table, before = _fit(drawn, ridge)
    return _written(_kept(table, drawn), before, temperature)


def _drawn(contacts: Sequence[Contact]) -> Drawn:
    signs = np.array([[*(float(sign in one.expects.signs) for sign in SIGNS), 1.0] for one in contacts])
    before = np.array([[float(reason is one.expects.before) for reason in REASONS] for one in contacts])
    truth = np.array([REASONS.index(one.truth) for one in contacts])
    return Drawn(signs, before, truth, np.array([one.seed for one in contacts]))


def _chosen(drawn: Drawn) -> tuple[float, float]:
    """Return the ridge and the temperature with the least log loss on the seeds that were left out."""
    tried = [(*_left_out(drawn, ridge), ridge) for ridge in RIDGES]
    _, temperature, ridge = min(tried)
    return ridge, temperature


def _left_out(drawn: Drawn, ridge: float) -> tuple[float, float]:
    scores = np.zeros((len(drawn.truth), len(REASONS)))
    for fold in range(FOLDS):
        out = drawn.seed % FOLDS == fold
        table, before = _fit(_some(drawn, ~out), ridge)
        scores[out] = drawn.signs[out] @ table + before * drawn.before[out]

    def loss(temperature: float) -> float:
        return -float(np.mean(log_softmax(scores / temperature, axis=1)[np.arange(len(scores)), drawn.truth]))

    found = minimize_scalar(loss, bounds=(0.5, 3.0), method="bounded")
    return float(found.fun), round(float(found.x), 3)


def _some(drawn: Drawn, which: npt.NDArray[np.bool_]) -> Drawn:
    return Drawn(drawn.signs[which], drawn.before[which], drawn.truth[which], drawn.seed[which])


def _fit(drawn: Drawn, ridge: float) -> tuple[Floats, float]:
    """Return the weights, a row a sign and the shares last, and the one of what they turned to us about last."""
    shape = (drawn.signs.shape[1], len(REASONS))
    hit = np.eye(len(REASONS))[drawn.truth]

    def loss(theta: Floats) -> tuple[float, Floats]:
        table, before = theta[:-1].reshape(shape), theta[-1]
        scores = drawn.signs @ table + before * drawn.before
        off = softmax(scores, axis=1) - hit
        strict = table.copy()
        strict[-1] *= 0.1  # the shares are free to be as they are
        value = -float(np.sum(log_softmax(scores, axis=1) * hit)) + ridge / 2 * float(np.sum(strict * table))
        slope = np.append((drawn.signs.T @ off + ridge * strict).ravel(), np.sum(off * drawn.before) + ridge * before)
        return value + ridge / 2 * float(before) ** 2, slope

    found = minimize(loss, np.zeros(shape[0] * shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 2_000})
    return found.x[:-1].reshape(shape), float(found.x[-1])


def _kept(table: Floats, drawn: Drawn) -> Floats:
    """Return the table, with what stands of signs and reasons that hardly anybody told of."""
    stands, found = weights(), table.copy()
    seen = np.bincount(drawn.truth, minlength=len(REASONS)) >= FEWEST
    for place, sign in enumerate(SIGNS):
        for which, reason in enumerate(REASONS):
            if drawn.signs[:, place].sum() < FEWEST or not seen[which]:
                found[place, which] = stands.signs[sign].get(reason, 0.0)
    top = found[-1].max()
    for which, reason in enumerate(REASONS):
        if not seen[which]:
            found[-1, which] = top + np.log(stands.shares[reason] / max(stands.shares.values()))
    return found


def _written(table: Floats, before: float, temperature: float) -> str:
    shares = softmax(table[-1])
    lines = [
        HEAD,
        f"temperature = {temperature}",
        f"chosen = {weights().chosen}",
        f"before = {before:.2f}",
        "",
        "[shares]",
    ]
    lines += [f"{reason} = {share:.5f}" for reason, share in zip(REASONS, shares, strict=True)]
    for sign, row in zip(SIGNS, table[:-1], strict=True):
        lines += ["", f"[signs.{sign}]"]
        lines += [f"{one} = {weight:.2f}" for one, weight in zip(REASONS, row, strict=True) if abs(weight) >= SMALL]
    return "\n".join(lines) + "\n"
