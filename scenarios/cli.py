"""``callahead``, for engineers. Exit codes: 0 all that was expected holds, 1 something does not, 2 bad input."""

from __future__ import annotations

from dispatch.observe.garbage import leave_to_the_end, look_seldom
from gateway.errors import CallaheadError, InternalError
from scenarios.terminal.exit_codes import BAD_INPUT, INTERRUPTED
from scenarios.terminal.extras import extras_named
from scenarios.terminal.listed import Listed, listing

COMMANDS = {
    "run": Listed(
        "scenarios.commands.play:run",
        "Play a story in virtual time, as fast as the machine can; a recorded one to a desk, comparing what it decides.",
    ),
    "live": Listed(
        "scenarios.commands.play:live",
        "Play a story on a real broker against the real service, in processes of their own that end with it.",
    ),
    "stories": Listed("scenarios.commands.story:stories", "List the stories that are shipped, one line each."),
    "new": Listed("scenarios.commands.story:new", "Start a story: a file with comments that runs at once."),
    "report": Listed(
        "scenarios.commands.report:report", "Write one self-contained HTML page about a run or a live service's ledger."
    ),
    "shadow": Listed(
        "scenarios.commands.shadow:shadow",
        "Decide anew at each decision of a ledger, from how everything stood, by another policy; nothing is written.",
    ),
    "capture": Listed(
        "scenarios.commands.capture:capture",
        "Make a story of what the desk heard, which replays to the same decisions: callahead run FILE.",
    ),
    "compare": Listed(
        "scenarios.commands.compare:compare",
        "Play both sides on the same seeds, and print paired differences with 95% intervals.",
    ),
    "sweep": Listed(
        "scenarios.commands.sweep:sweep",
        "Play a story at every point of a grid, or of a Latin hypercube, with the same seeds.",
    ),
    "validate": Listed(
        "scenarios.commands.validate:validate_stories",
        "Play stories whose answers are known, and hold the simulator against them: 99% intervals over the seeds.",
    ),
    "diagnose": Listed(
        "scenarios.commands.diagnose:diagnose",
        "Explain what an event, or a recorded sequence, says of the part that broke.",
    ),
    "doctor": Listed(
        "scenarios.commands.doctor:doctor",
        "Tell what is installed and what is missing; with --ledger, whether a ledger is sound.",
    ),
    "chaos": Listed(
        "scenarios.commands.chaos:chaos",
        "Kill, cut, fill and repeat while devices report faults; every one must become exactly one case.",
    ),
    "fuzz": Listed(
        "scenarios.commands.fuzz:fuzz",
        "Play hostile inputs against a real service, its broker, and what reads devices' messages and files.",
    ),
    "bench": Listed("scenarios.commands.bench:app", "Measure a part of Callahead."),
    "learn": Listed("scenarios.commands.learn:learn_app", "Learn from a ledger what a desk goes by."),
    "roads": Listed("scenarios.commands.roads:roads_app", "Roads to drive on."),
    "contract": Listed(
        "scenarios.commands.contract_pages:contract",
        "Write the contract with vendors: what they may send and will receive.",
    ),
    "vendor": Listed("scenarios.commands.vendor:vendor_app", "Vendors of devices, and their credentials."),
    "device": Listed("scenarios.commands.device:device_app", "Devices, and their own credentials."),
    "partner": Listed(
        "scenarios.commands.partners:partner_app",
        "Workshops and suppliers, where they are told, and what they were not.",
    ),
    "customer": Listed(
        "scenarios.commands.customers:customer_app", "What is kept of a customer, what they agree to, and erasing them."
    ),
    "mandate": Listed("scenarios.commands.mandates:mandate_app", "What a mandate's limits come to."),
    "user": Listed("scenarios.commands.access:user_app", "People who log in to the service."),
    "key": Listed("scenarios.commands.access:key_app", "Keys with which machines speak to the service."),
    "broker-config": Listed(
        "scenarios.commands.broker_config:broker_config",
        "Write a broker's users, rights and listeners, and print with which option the service connects to it.",
    ),
}
"""What there is, in the order in which a newcomer meets it."""

app = listing(COMMANDS, "Tell stories of devices that break, and see who calls first.")


def main() -> None:
    """Run the command line; a mistake of the user's is told in a line, without a traceback."""
    look_seldom()
    try:
        with extras_named():
            app(prog_name="callahead")
    except InternalError:
        raise
    except CallaheadError as error:
        _complain(str(error), BAD_INPUT)
    except KeyboardInterrupt:
        _complain("stopped", INTERRUPTED)
    finally:
        leave_to_the_end()


def _complain(what: str, code: int) -> None:
    from scenarios.terminal import show  # noqa: PLC0415 - --help does without

    show.complain(what)
    raise SystemExit(code) from None


if __name__ == "__main__":
    main()
