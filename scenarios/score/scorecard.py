"""The scorecard: the same keys from a virtual run, a live run and a production ledger.

What needs the world's truth is ``None`` without it; so is a share or a percentile of nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from dispatch.core.policy import Policy
from dispatch.ledger.rows import Row
from gateway.finding import Help
from scenarios.score.check_facts import SpokenCheck
from scenarios.score.ledger_facts import CaseFacts, Facts, facts
from scenarios.score.location_error import location_errors
from scenarios.score.nonresponse import Corrected
from scenarios.score.payment_facts import UnusualJudgement, judged_unusual
from scenarios.score.promised_arrivals import PromisedArrival, bias, p90_error
from scenarios.score.struggle_facts import StruggleJudgement, judged_struggles
from scenarios.score.survey_means import survey_means
from scenarios.score.would_phone import WouldPhone, would_phone
from scenarios.story.registry import KINDS, PARTS
from scenarios.story.scorecard_keys import WHERE_USED
from scenarios.world.app_truth import AppUse
from scenarios.world.contact_truth import ContactTruth, by_people
from scenarios.world.ground_truth import Fault
from scenarios.world.money_truth import Wrong
from scenarios.world.offer_truth import OfferTruth
from scenarios.world.survey_truth import Contentment
from scenarios.world.true_talks import TrueTalk

EXPLAINS_S = 300.0
"""So long a customer may wait for an agent and explain what happened."""

HEARD_WITHIN_S = 600.0
"""So long a message takes at the most from whoever writes it to the ledger, live."""

LEARNED_FROM = 2
"""So many messages about something new must have gone to a customer before it is judged on which the last went first: the first of
them is the one to learn from."""
STOCK = "stock"

Figure = int | float | str | None


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run knows beside its ledger."""

    devices: int | None
    """Registered."""
    events: int | None
    """Sent by devices."""
    wall_s: float
    sim_s: float
    due_s: float = Policy().due_s
    """From the fault to when help should be there."""
    executed: Mapping[str, int] | None = None
    """What the bank has really done, by its own names, minor units; ``None``: not known."""


@dataclass(frozen=True, slots=True)
class ScoreEvidence:
    """What figures are computed from. ``truth`` pairs each fault with the cases opened for it; ``None``: not known."""

    facts: Facts
    setting: Setting
    truth: list[tuple[Fault, list[CaseFacts]]] | None
    unfounded: int
    """Cases that no fault explains."""
    uses: list[AppUse] | None = None
    """What people did in the app in truth."""
    wrongs: list[Wrong] | None = None
    """What went wrong with what devices paid, in truth."""
    contentment: list[Contentment] | None = None
    """How content those were who were asked, in truth."""
    contacts: list[ContactTruth] | None = None
    """Who wrote of their own accord, and what they wanted in truth."""
    offers: list[OfferTruth] | None = None
    """What was offered to whom, in truth."""
    talks: list[TrueTalk] | None = None
    """Who really spoke, where agents made sure of it."""


def scorecard(
    rows: Iterable[Row], setting: Setting, truth: list[Fault] | None = None, uses: list[AppUse] | None = None
) -> dict[str, Figure]:
    """Compute every figure, in the order of ``KEYS``."""
    return figures(gather(rows, setting, truth, uses))


def gather(
    rows: Iterable[Row],
    setting: Setting,
    truth: list[Fault] | None = None,
    uses: list[AppUse] | None = None,
    wrongs: list[Wrong] | None = None,
) -> ScoreEvidence:
    """Read a ledger and pair its cases with what really broke."""
    return paired(facts(rows), setting, truth, uses, wrongs)


def paired(
    read: Facts,
    setting: Setting,
    truth: list[Fault] | None = None,
    uses: list[AppUse] | None = None,
    wrongs: list[Wrong] | None = None,
) -> ScoreEvidence:
    """Pair the cases of a ledger that was read with what really broke."""
    pairs = None if truth is None else _pair(truth, read)
    explained = sum(len(cases) for _, cases in pairs or ())
    return ScoreEvidence(read, setting, pairs, len(read.cases) - explained, uses, wrongs)


def figures(evidence: ScoreEvidence) -> dict[str, Figure]:
    """Compute every figure, in the order of ``KEYS``; those of ``WHERE_USED`` only where there is something to tell."""
    found = {key: figure(evidence) for key, figure in _FIGURES.items()}
    return {key: value for key, value in found.items() if value is not None or key not in WHERE_USED}


def _pair(truth: list[Fault], read: Facts) -> list[tuple[Fault, list[CaseFacts]]]:
    """Pair each fault with the cases of its device that told of it while it stood, and before the device's next.

    What is told of a device that was mended is about no fault: such a case is unfounded, not a second one of the fault.
    """
    by_device: dict[str, list[tuple[Fault, list[CaseFacts]]]] = {}
    pairs: list[tuple[Fault, list[CaseFacts]]] = [(fault, []) for fault in truth]
    for pair in pairs:
        by_device.setdefault(pair[0].device, []).append(pair)
    for case in read.cases.values():
        earlier = [pair for pair in by_device.get(case.device, ()) if _is_about(case, pair[0])]
        if earlier:
            max(earlier, key=lambda pair: pair[0].at)[1].append(case)
    return pairs


def _is_about(case: CaseFacts, fault: Fault) -> bool:
    """Tell whether a case may be about a fault: one of its findings was observed while that stood.

    A case that was opened for nothing and then told of the fault is about it. What runs low in a device is not what breaks in it.
    """
    if (case.first.part == STOCK) is not (fault.part == STOCK):
        return False
    until = math.inf if fault.mended_at is None else fault.mended_at + _echo_s(fault.part)
    return any(fault.at <= at + 1 and at <= until for at in case.observed)


def _echo_s(part: str) -> float:
    """Return for how long after its repair a device still tells of a part. A truth of an earlier run may have one we lack."""
    return KINDS[PARTS[part].kind].echo_s if part in PARTS else 0.0


def devices(found: ScoreEvidence) -> Figure:
    """Devices registered, trucks too."""
    return found.setting.devices


def events(found: ScoreEvidence) -> Figure:
    """Events that devices sent, repeats not counted; in virtual time without what cannot matter (``telemetry``)."""
    return found.setting.events


def findings(found: ScoreEvidence) -> Figure:
    """Findings that reached the desk, revisions too."""
    return found.facts.findings


def cases(found: ScoreEvidence) -> Figure:
    """Cases opened."""
    return len(found.facts.cases)


def calls_connected(found: ScoreEvidence) -> Figure:
    """Our calls that were answered."""
    return found.facts.calls_connected


def customer_calls(found: ScoreEvidence) -> Figure:
    """Calls of customers to us."""
    return found.facts.customer_calls


def called_first_share(found: ScoreEvidence) -> Figure:
    """Cases whose customer we called before they phoned ÷ cases whose customer would have phoned, or was called.

    Whoever was calmed by a notice and called later counts as called first; who was spared a call stays out of both.
    """
    would = [one for one in _would_phone(found) if one.cases and not one.is_spared]
    return _share(sum(one.is_called_first for one in would), len(would))


def head_start_p50_s(found: ScoreEvidence) -> Figure:
    """Median from our call to when the customer would have phoned; over the cases where our call came first."""
    first = [(one.fault.would_phone_at, one.connected_at) for one in _would_phone(found) if one.is_called_first]
    return _percentile([would - called for would, called in first if would is not None and called is not None], 50)


def tows(found: ScoreEvidence) -> Figure:
    """Trucks sent; passing a job on to another truck is the same tow."""
    return sum(case.tows for case in found.facts.cases.values())


def orders(found: ScoreEvidence) -> Figure:
    """Goods and visits ordered; asking another supplier is the same order."""
    return sum(case.orders for case in found.facts.cases.values())


def bookings(found: ScoreEvidence) -> Figure:
    """Workshop slots asked for; asking another workshop is the same booking."""
    return found.facts.bookings


def duplicates(found: ScoreEvidence) -> Figure:
    """Second tows, arrivals, orders and simultaneous calls for one episode; known the truth, a fault is an episode."""
    groups = [[case] for case in found.facts.cases.values()]
    if found.truth is not None:
        groups = [cases for _, cases in found.truth if cases]
    return found.facts.calls_at_once + sum(map(_superfluous, groups))


def lost(found: ScoreEvidence) -> Figure:
    """Faults that a device told of and that never became a case."""
    return (
        None if found.truth is None else sum(fault.shown_at is not None and not cases for fault, cases in found.truth)
    )


def part_accuracy(found: ScoreEvidence) -> Figure:
    """Share of cases whose part, as last concluded, is what really broke."""
    if found.truth is None:
        return None
    named = [case.last.part == fault.part for fault, cases in found.truth for case in cases]
    return _share(sum(named), len(named) + found.unfounded)


def location_error_p95_m(found: ScoreEvidence) -> Figure:
    """95th percentile over the trucks that arrived: from where they were sent last to where the car really stood then."""
    return _percentile([error.metres for error in location_errors(found.truth or ())], 95)


def false_dispatch_share(found: ScoreEvidence) -> Figure:
    """Cases for which truck, goods or technician were sent although nobody had to come ÷ all for which any were.

    Whoever was called off before they came was not sent; a truck that had been sent was, wherever it turned round.
    """
    if found.truth is None:
        return None
    sent = [case for case in found.facts.cases.values() if _was_sent(case)]
    justified = [case for fault, cases in found.truth if fault.needs_help for case in cases if _was_sent(case)]
    return _share(len(sent) - len(justified), len(sent))


def missed_share(found: ScoreEvidence) -> Figure:
    """Faults that needed help and got neither truck nor order nor call ÷ faults told of, or phoned about, that needed help.

    Whoever first told or phoned within the ledger's last minutes may still be explaining it, and is not counted.
    """
    if found.truth is None:
        return None
    until = found.facts.last_at - EXPLAINS_S
    needy = [(fault, cases) for fault, cases in found.truth if fault.needs_help and _first_word(fault) <= until]
    return _share(sum(not any(_was_helped(fault, case) for case in cases) for fault, cases in needy), len(needy))


def _was_helped(fault: Fault, case: CaseFacts) -> bool:
    """Did help or a call come of it? Whom talking helps was helped by the call on which they told of it.

    Who had but to wait, as we found and was true, was helped by being told so.
    """
    talked = case.by_customer and case.last.remedy.help is Help.TALK
    waited = case.last.part == fault.part and (case.told_to_wait or case.first.remedy.help is Help.WAIT)
    return bool(case.tows or case.orders or case.calls or talked or waited)


def _first_word(fault: Fault) -> float:
    """Return when a device first told of a fault, or its customer phoned about it; infinite: nobody ever did."""
    return min(at for at in (fault.shown_at, fault.phoned_at, math.inf) if at is not None)


def response_p50_s(found: ScoreEvidence) -> Figure:
    """Median from the fault to the arrival of a truck that can help; the truth not known, from the fault as it was told."""
    return _percentile(_responses(found), 50)


def response_p95_s(found: ScoreEvidence) -> Figure:
    """95th percentile from the fault to the arrival of a truck that can help; the truth not known, as it was told."""
    return _percentile(_responses(found), 95)


def late_share(found: ScoreEvidence) -> Figure:
    """Share of arrivals later than the policy's due time (45 min after the fault, ADAC's target)."""
    responses = _responses(found)
    return _share(sum(response > found.setting.due_s for response in responses), len(responses))


def eta_bias(found: ScoreEvidence) -> Figure:
    """How much longer trucks took, from their yes to their arrival, than was promised with it ÷ what was promised, all together."""
    return bias(_kept(found))


def eta_p90_error(found: ScoreEvidence) -> Figure:
    """90th percentile over the trucks that came: how far off the arrival promised with their yes was ÷ what was promised."""
    return p90_error(_kept(found))


def reachable_share(found: ScoreEvidence) -> Figure:
    """Faults of which a device told the service one ring (15 s) or more before the customer phoned or would have ÷ all such.

    Told is what reached the broker: the device's own words, over whatever line, or another's from which a case was opened.
    Whether the customer could take the phone is not asked: it is the most that any policy could come to.
    """
    would = _would_phone(found)
    return _share(sum(one.is_reachable for one in would), len(would))


def called_first_of_reachable(found: ScoreEvidence) -> Figure:
    """Of the reachable customers, the share we called before they phoned; who was spared a call by a notice stays out."""
    would = [one for one in _would_phone(found) if one.is_reachable and not one.is_spared]
    return _share(sum(one.is_called_first for one in would), len(would))


def calls_spared(found: ScoreEvidence) -> Figure:
    """Customers who would have phoned, read a true notice before, and neither phoned nor were called."""
    return None if found.truth is None else sum(one.is_spared for one in _would_phone(found))


def told_twice(found: ScoreEvidence) -> Figure:
    """How often customers were asked for what they had told about the same fault, though nothing had changed."""
    return None if found.truth is None else sum(fault.told_twice for fault, _ in found.truth)


def payments(found: ScoreEvidence) -> Figure:
    """Payments that devices and the house asked for; a repeat is none."""
    return len(found.facts.payments.asked | set(found.facts.money.reserved))


def payments_settled(found: ScoreEvidence) -> Figure:
    """Payments that the bank made, as the ledger has it."""
    return len(found.facts.money.settled)


def payments_twice(found: ScoreEvidence) -> Figure:
    """Payments that were reserved, settled, set free or given back more than once."""
    return len(found.facts.money.twice)


def payments_over_limit(found: ScoreEvidence) -> Figure:
    """Payments that were over a limit and not confirmed by their customer, or that nothing was there for."""
    return len(found.facts.money.over_limit) + len(found.facts.money.overdrawn)


def debits_minus_credits(found: ScoreEvidence) -> Figure:
    """By how much the books are not balanced, or are not what the bank has really done, minor units."""
    money, executed = found.facts.money, found.setting.executed
    off = abs(sum(money.debits.values()) - sum(money.credits.values()))
    return off + (0 if executed is None else money.otherwise(executed))


def refusals_without_reason(found: ScoreEvidence) -> Figure:
    """Payments that were refused without a reason of ISO 20022."""
    return found.facts.payments.without_reason


def without_a_person_share(found: ScoreEvidence) -> Figure:
    """Of what devices paid: the share of which nobody was asked anything, neither customer nor house."""
    paid = found.facts.payments
    return round(paid.alone / len(paid.settled), 4) if paid.settled else None


def unusual_recall(found: ScoreEvidence) -> Figure:
    """Of what went wrong with what devices paid: the share that the customer was asked about."""
    judged = _unusual(found)
    return None if judged is None or not judged.wrongs else round(judged.found / judged.wrongs, 4)


def unusual_precision(found: ScoreEvidence) -> Figure:
    """Of what customers were asked about as unusual: the share that had gone wrong."""
    judged = _unusual(found)
    return None if judged is None or not judged.asked else round(judged.right / judged.asked, 4)


def messages(found: ScoreEvidence) -> Figure:
    """Messages to customers on channels beside their own devices: notices and replies."""
    return sum(found.facts.messages.values())


def answered_in_writing(found: ScoreEvidence) -> Figure:
    """Cases whose customer answered by a tap or a number, so that nobody had to ring to say or to ask it."""
    return sum(case.answered_in_writing for case in found.facts.cases.values())


def preference_hit_share(found: ScoreEvidence) -> Figure:
    """Of those who were written to about something new twice or more: on how many's soonest read channel the last went first."""
    if found.truth is None:
        return None
    soonest = {fault.customer: fault.reads_soonest for fault, _ in found.truth if fault.reads_soonest is not None}
    firsts = {one: found.facts.conversations.firsts(one) for one in soonest}
    judged = [one for one in soonest if len(firsts[one]) >= LEARNED_FROM]
    return _share(sum(firsts[one][-1] == soonest[one] for one in judged), len(judged))


def first_channel_hit_share(found: ScoreEvidence) -> Figure:
    """Of all messages about something new, the share that went first to the channel that the customer reads soonest."""
    if found.truth is None:
        return None
    soonest = {fault.customer: fault.reads_soonest for fault, _ in found.truth if fault.reads_soonest is not None}
    hits = [channel == known for one, known in soonest.items() for channel in found.facts.conversations.firsts(one)]
    return _share(sum(hits), len(hits))


def struggles(found: ScoreEvidence) -> Figure:
    """People seen to struggle with the app, those who look like fraud left out."""
    return sum(not one.struggle.fraud for one in found.facts.struggles.seen.values())


def struggle_recall(found: ScoreEvidence) -> Figure:
    """Of those who struggled with the app in truth and agreed to be helped, the share that was seen to."""
    judged = _struggles(found)
    return None if judged is None else _share(judged.hits, judged.hits + judged.missed)


def struggle_precision(found: ScoreEvidence) -> Figure:
    """Of those seen to struggle with the app, the share that did in truth."""
    judged = _struggles(found)
    return None if judged is None else _share(judged.hits, judged.hits + judged.false)


def struggle_gave_up(found: ScoreEvidence) -> Figure:
    """Of those who struggled with the app in truth, the share that gave up in it, whether or not they phoned then."""
    judged = _struggles(found)
    return None if judged is None else _share(judged.gave_up, judged.hits + judged.missed)


def invitation_p95_s(found: ScoreEvidence) -> Figure:
    """95th percentile from the step that decided, or the first good moment behind it, to the invitation, by our clock."""
    return _percentile(list(found.facts.struggles.invitation_delays()), 95)


def invited_to_voice_p50_s(found: ScoreEvidence) -> Figure:
    """Median from the wish to talk to when agent and customer speak."""
    return _percentile(list(found.facts.struggles.voice_delays()), 50)


def surveys_sent(found: ScoreEvidence) -> Figure:
    """Customers who were asked how a talk was, and got it."""
    return len(found.facts.surveys.of) or None


def survey_answered_share(found: ScoreEvidence) -> Figure:
    """Of those, the share that gave one to five within seven days."""
    given = [one.score is not None for one in found.facts.surveys.of.values()]
    return _share(sum(given), len(given))


def survey_mean(found: ScoreEvidence) -> Figure:
    """Mean of what was given, 1 to 5, by those who answered alone."""
    means = _survey_means(found)
    return None if means is None else round(means.raw.value, 3)


def survey_mean_weighted(found: ScoreEvidence) -> Figure:
    """The same, corrected for who did not answer, by what is known of all who were asked."""
    means = _survey_means(found)
    return None if means is None else round(means.weighted.value, 3)


def survey_mean_low(found: ScoreEvidence) -> Figure:
    """Lower end of its interval of 95%."""
    means = _survey_means(found)
    return None if means is None else round(means.weighted.low, 3)


def survey_mean_high(found: ScoreEvidence) -> Figure:
    """Upper end of its interval of 95%."""
    means = _survey_means(found)
    return None if means is None else round(means.weighted.high, 3)


def survey_truth(found: ScoreEvidence) -> Figure:
    """Mean of what all who were asked would have given, in truth."""
    asked = found.contentment or ()
    return round(sum(one.score for one in asked) / len(asked), 3) if asked else None


def simple_contacts(found: ScoreEvidence) -> Figure:
    """Customers who wrote of their own accord and wanted what is simple, by the truth."""
    return None if not found.contacts else len(_simple(found))


def by_people_share(found: ScoreEvidence) -> Figure:
    """Of those who wrote and wanted what is simple, the share that needed a person in the end, or turned to us again."""
    simple = _simple(found)
    return _share(by_people(simple), len(simple))


def contained_share(found: ScoreEvidence) -> Figure:
    """Of those who wrote and wanted what is simple, the share a robot saw to, who did not turn to us again within 24 hours."""
    simple = _simple(found)
    ended: dict[str, list[float]] = {}
    for talk in found.facts.robots.contained():
        ended.setdefault(talk.customer, []).append(talk.began_at)
    mine = (any(0 <= began - one.at <= HEARD_WITHIN_S for began in ended.get(one.customer, ())) for one in simple)
    return _share(sum(mine), len(simple))


def handover_context_share(found: ScoreEvidence) -> Figure:
    """Of what robots handed over, the share with all that was wanted, said and tried, and whether it is known who writes."""
    handed = found.facts.robots.handed_over()
    return _share(sum(talk.complete for talk in handed), len(handed))


def robot_after_handover(found: ScoreEvidence) -> Figure:
    """Words of robots behind a hand-over, within a day; has to be 0."""
    return found.facts.robots.after_handover if found.facts.robots.talks else None


def _simple(found: ScoreEvidence) -> list[ContactTruth]:
    return [one for one in found.contacts or () if one.simple]


def hints_shown(found: ScoreEvidence) -> Figure:
    """Times that an agent was shown what may help while they spoke."""
    return found.facts.hints.shown or None


def hints_used(found: ScoreEvidence) -> Figure:
    """Articles that an agent spoke from, one a call and article."""
    return len(found.facts.hints.used) if found.facts.hints.shown else None


def hints_helpful_share(found: ScoreEvidence) -> Figure:
    """Of what agents said of articles, the share that was good: used or helpful, not overridden or of no help."""
    return _share(found.facts.hints.good, found.facts.hints.judged)


def offers_made(found: ScoreEvidence) -> Figure:
    """Offers that were made at the end of calls."""
    return len(found.facts.offers.made) if found.facts.offers.asked else None


def offers_taken(found: ScoreEvidence) -> Figure:
    """Those of them that were taken."""
    return found.facts.offers.taken if found.facts.offers.asked else None


def offers_forbidden(found: ScoreEvidence) -> Figure:
    """Offers made to who did not agree, is to be treated with care, or had not been helped yet: must be 0."""
    known = found.facts.offers.asked and found.offers is not None
    return sum(bool(one.forbidden) for one in found.offers or ()) if known else None


def check_p50_s(found: ScoreEvidence) -> Figure:
    """Median time of a talk until it was made sure who speaks, by voice or questions."""
    return _percentile(found.facts.checks.took_s(), 50)


def check_p95_s(found: ScoreEvidence) -> Figure:
    """95th percentile of that time."""
    return _percentile(found.facts.checks.took_s(), 95)


def check_enrolled_p50_s(found: ScoreEvidence) -> Figure:
    """Median of it with customers who have a voice print, whether it is used or not; the truth not known, who were listened to."""
    return _percentile(found.facts.checks.took_s(_enrolled(found)), 50)


def check_enrolled_p95_s(found: ScoreEvidence) -> Figure:
    """95th percentile of it with these."""
    return _percentile(found.facts.checks.took_s(_enrolled(found)), 95)


def voice_false_accept_share(found: ScoreEvidence) -> Figure:
    """Talks of somebody else that were taken for the customer's by the voice ÷ those whose voice was compared."""
    theirs = [one for talk, one in _compared(found) if talk.impostor]
    return _share(sum(one.by_voice for one in theirs), len(theirs))


def voice_false_reject_share(found: ScoreEvidence) -> Figure:
    """Talks of the customer that were not taken for theirs by the voice ÷ those whose voice was compared."""
    theirs = [one for talk, one in _compared(found) if not talk.impostor]
    return _share(sum(not one.by_voice for one in theirs), len(theirs))


def calls_per_case(found: ScoreEvidence) -> Figure:
    """Conversations and rings of customers for each case: our answered calls and theirs about a case ÷ cases."""
    return _share(found.facts.calls_connected + found.facts.case_calls, len(found.facts.cases))


def agent_occupancy(found: ScoreEvidence) -> Figure:
    """Share of the agents' time, from the first claim to the last row that tells more than a truck's place, spent on calls.

    Who writes with three customers at once is busy once.
    """
    share = found.facts.busy_share()
    return None if share is None else round(share, 4)


def wall_s(found: ScoreEvidence) -> Figure:
    """Seconds of real time that the run took."""
    return round(found.setting.wall_s, 2)


def sim_s(found: ScoreEvidence) -> Figure:
    """Seconds that passed in the story."""
    return round(found.setting.sim_s, 1)


def ledger_sha256(found: ScoreEvidence) -> Figure:
    """Hash of the last row, chained over all rows."""
    return found.facts.sha256


_FIGURES: dict[str, Callable[[ScoreEvidence], Figure]] = {
    figure.__name__: figure
    for figure in (
        devices,
        events,
        findings,
        cases,
        calls_connected,
        customer_calls,
        called_first_share,
        head_start_p50_s,
        tows,
        orders,
        bookings,
        duplicates,
        lost,
        part_accuracy,
        location_error_p95_m,
        false_dispatch_share,
        missed_share,
        response_p50_s,
        response_p95_s,
        late_share,
        eta_bias,
        eta_p90_error,
        reachable_share,
        called_first_of_reachable,
        calls_spared,
        told_twice,
        payments,
        payments_settled,
        payments_twice,
        payments_over_limit,
        debits_minus_credits,
        refusals_without_reason,
        without_a_person_share,
        unusual_recall,
        unusual_precision,
        messages,
        answered_in_writing,
        preference_hit_share,
        first_channel_hit_share,
        struggles,
        struggle_recall,
        struggle_precision,
        struggle_gave_up,
        invitation_p95_s,
        invited_to_voice_p50_s,
        surveys_sent,
        survey_answered_share,
        survey_mean,
        survey_mean_weighted,
        survey_mean_low,
        survey_mean_high,
        survey_truth,
        simple_contacts,
        by_people_share,
        contained_share,
        handover_context_share,
        robot_after_handover,
        hints_shown,
        hints_used,
        hints_helpful_share,
        offers_made,
        offers_taken,
        offers_forbidden,
        check_p50_s,
        check_p95_s,
        check_enrolled_p50_s,
        check_enrolled_p95_s,
        voice_false_accept_share,
        voice_false_reject_share,
        calls_per_case,
        agent_occupancy,
        wall_s,
        sim_s,
        ledger_sha256,
    )
}


def meaning(key: str) -> str:
    """Return what a key stands for, in one sentence."""
    return (_FIGURES[key].__doc__ or "").strip().partition("\n")[0]


def _would_phone(found: ScoreEvidence) -> list[WouldPhone]:
    return would_phone(found.truth or (), found.facts.last_at)


def _struggles(found: ScoreEvidence) -> StruggleJudgement | None:
    return None if not found.uses else judged_struggles(found.uses, found.facts.struggles)


def _survey_means(found: ScoreEvidence) -> Corrected | None:
    return survey_means(list(found.facts.surveys.of.values()))


def _enrolled(found: ScoreEvidence) -> set[tuple[str, int]]:
    if found.talks is None:
        return {talk for talk, one in found.facts.checks.of_talk.items() if one.voice}
    return {(talk.call, talk.attempt) for talk in found.talks if talk.enrolled}


def _compared(found: ScoreEvidence) -> list[tuple[TrueTalk, SpokenCheck]]:
    """Return the talks whose voice was compared, with who really spoke."""
    checks = found.facts.checks.of_talk
    pairs = [(talk, checks.get((talk.call, talk.attempt))) for talk in found.talks or ()]
    return [(talk, one) for talk, one in pairs if one is not None and one.voice]


def _unusual(found: ScoreEvidence) -> UnusualJudgement | None:
    return None if not found.wrongs else judged_unusual(found.wrongs, found.facts.payments)


def _was_sent(case: CaseFacts) -> bool:
    return case.tows > 0 or case.order_stands


def _superfluous(cases: list[CaseFacts]) -> int:
    counts = Counter[str]()
    for case in cases:
        counts["tows"] += case.tows
        counts["arrivals"] += len({truck for _, truck in case.arrivals})
        counts["orders"] += max(case.orders, case.orders_taken)
    called = [case for case in cases if case.calls]
    at_once = sum(any(_overlap(case, before) for before in called[:number]) for number, case in enumerate(called))
    return at_once + sum(max(0, count - 1) for count in counts.values())


def _overlap(case: CaseFacts, before: CaseFacts) -> bool:
    """Tell whether a case was opened while another was. A fault that comes back later is called about again."""
    return before.closed_at is None or case.opened_at < before.closed_at


def responses(found: ScoreEvidence) -> dict[str, float]:
    """Return, by case, the seconds from the fault to the first truck that can help, where one arrived.

    Where the truth is not known, and where no fault explains the case: from the fault as it was told.
    """
    began = {case.case: fault.at for fault, cases in found.truth or () for case in cases}
    arrived = [case for case in found.facts.cases.values() if case.arrivals]
    return {case.case: case.arrivals[0][0] - began.get(case.case, case.first.observed_at) for case in arrived}


def _responses(found: ScoreEvidence) -> list[float]:
    return list(responses(found).values())


def _kept(found: ScoreEvidence) -> list[PromisedArrival]:
    return [kept for case in found.facts.cases.values() for kept in case.kept]


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _percentile(values: list[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if values else None
