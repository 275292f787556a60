"""``callahead bench diagnosis``: thousands of simulated episodes, told to the real intake and scored against the truth."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from dispatch.observe.garbage import collected_rarely
from gateway.contract.described import build_now
from gateway.kinds.registry import check_catalogues
from scenarios.bench.figures import Figures, by_part, confusions, figures, reliability
from scenarios.bench.judged import JudgedEpisode, judge
from scenarios.terminal import show

AT_ONCE = 50
"""Episodes of one piece of work."""


def diagnosis(
    *,
    episodes: Annotated[
        int, typer.Option(min=10, max=10_000_000, help="In all, shared out among the kinds of devices.")
    ] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same episodes.")] = 1,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: as many as there are processors.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for every episode's judgement and the confusions.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Score the diagnosis on simulated episodes: hits, calibration, help in vain, help not sent."""
    from scenarios.bench.drawn import counts  # noqa: PLC0415 - the other commands do without the simulated bodies

    wanted = counts(episodes)
    with show.bar("episodes") as progress:
        judged = list(_judged(wanted, seed, jobs or os.cpu_count() or 1, progress))
    found = {kind: figures([one for one in judged if one.kind == kind]) for kind in wanted}
    cpu_s, json_s = sum(one.cpu_s for one in judged), sum(one.json_s for one in judged)
    us_per_event = round(cpu_s / sum(one.events for one in judged) * 1e6, 1)
    times_json = round(cpu_s / json_s, 1) if json_s else None
    if out is not None:
        _write(out, judged, list(wanted))
    if as_json:
        typer.echo(json.dumps({**{kind: asdict(each) for kind, each in found.items()}, "us_per_event": us_per_event,
                               "times_json": times_json, "seed": seed}, indent=2))  # fmt: skip
        return
    show.OUT.print(_table(found))
    for kind in wanted:
        mine = [one for one in judged if one.kind == kind]
        show.OUT.print(_reliability(kind, mine))
        show.OUT.print(_weakest(kind, mine))
        show.OUT.print(_confusions(kind, mine))
    show.OUT.print(f"{us_per_event} µs of CPU an event, reading and checking it included: {times_json} times what json.loads "
                   f"takes for it; seed {seed}")  # fmt: skip


def _judged(
    wanted: Mapping[str, int], seed: int, jobs: int, progress: Callable[[float], None]
) -> Iterator[JudgedEpisode]:
    """Yield every episode's judgement, in the order of the episodes."""
    work = [
        (kind, seed, first, min(AT_ONCE, count - first))
        for kind, count in wanted.items()
        for first in range(0, count, AT_ONCE)
    ]
    done: dict[tuple[str, int, int, int], list[JudgedEpisode]] = {}
    with ProcessPoolExecutor(jobs, initializer=_start_as_a_service) as pool:
        under_way = {pool.submit(judge_some, *piece): piece for piece in work}
        for future in as_completed(under_way):
            done[under_way[future]] = future.result()
            progress(len(done) / len(work))
    for piece in work:
        yield from done[piece]


def _start_as_a_service() -> None:
    """Have ready what ``callahead-serve`` has before it hears anything: no event waits for that."""
    check_catalogues()
    build_now()


def judge_some(kind: str, seed: int, first: int, count: int) -> list[JudgedEpisode]:
    """Draw and judge some episodes of one kind. In a process of its own."""
    from scenarios.bench.drawn import draw  # noqa: PLC0415 - likewise

    with collected_rarely():  # as in callahead-serve; each episode has a gateway of its own, which is full of cycles
        return [judge(draw(kind, seed, number)) for number in range(first, first + count)]


def _write(folder: Path, judged: list[JudgedEpisode], kinds: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(asdict(one), ensure_ascii=False) for one in judged)
    (folder / "episodes.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    rows = ["kind,truth,concluded,count,of"]
    for kind in kinds:
        mine = [one for one in judged if one.kind == kind]
        rows += [f"{kind},{truth},{said},{count},{of}" for truth, said, count, of in confusions(mine)]
    (folder / "confusions.csv").write_text("\n".join(rows) + "\n", "utf-8")


_MEANINGS = {
    "episodes": "simulated, healthy ones included",
    "faults": "something broke and the device told of it",
    "untold": "something broke and nothing that was sent shows it",
    "top1": "the part concluded last is what broke",
    "top3": "it is among the first three",
    "ece": "expected calibration error, ten bins",
    "brier": "mean squared error of the probabilities",
    "log_loss": "mean -ln of the probability of what was so",
    "false_dispatch": "somebody was sent unasked and nobody had to come",
    "missed": "help was needed and nobody was sent, called or asked",
    "baseline_first_code_top1": "a table of codes, first code wins",
    "baseline_frequent_top1": "always the most frequent part",
}


def _table(found: dict[str, Figures]) -> Table:
    table = Table(title="diagnosis against the truth", title_justify="left", show_edge=False)
    table.add_column("figure", no_wrap=True)
    for kind in found:
        table.add_column(kind, justify="right")
    table.add_column("what it is", style="dim")
    for name, meaning in _MEANINGS.items():
        values = (getattr(each, name) for each in found.values())
        table.add_row(name, *("-" if value is None else f"{value:,}" for value in values), meaning)
    return table


def _reliability(kind: str, judged: list[JudgedEpisode]) -> Table:
    table = Table(title=f"{kind}: how sure, and how often right", title_justify="left", show_edge=False)
    for name in ("said", "right", "episodes", ""):
        table.add_column(name, justify="left" if not name else "right")
    for each in reliability(judged):
        if each.count:
            bar = "█" * round(each.right * 20) + "·" * max(0, round(each.said * 20) - round(each.right * 20))
            table.add_row(f"{each.said:.2f}", f"{each.right:.2f}", f"{each.count:,}", bar)
    return table


def _weakest(kind: str, judged: list[JudgedEpisode]) -> Table:
    table = Table(title=f"{kind}: the parts named least surely", title_justify="left", show_edge=False)
    for name in ("part", "episodes", "first", "among three"):
        table.add_column(name, justify="left" if name == "part" else "right")
    for part, (count, first, three) in sorted(by_part(judged).items(), key=lambda row: row[1][1])[:12]:
        table.add_row(part, f"{count:,}", f"{first:.2f}", f"{three:.2f}")
    return table


def _confusions(kind: str, judged: list[JudgedEpisode]) -> Table:
    table = Table(title=f"{kind}: taken for something else", title_justify="left", show_edge=False)
    for name in ("what broke", "concluded", "how often", "of"):
        table.add_column(name, justify="right" if name in {"how often", "of"} else "left")
    for truth, said, count, of in confusions(judged)[:12]:
        table.add_row(truth, said, f"{count:,}", f"{of:,}")
    return table
