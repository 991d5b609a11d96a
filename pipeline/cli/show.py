"""How does a run look while it goes on, and what is said at its end?

Progress goes to standard error, the summary to standard output.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

import click
from tqdm import tqdm

from pipeline.cli.terminal import printable
from pipeline.run.events import Ended, Event, Finished, Planned, Progress
from pipeline.values import Done, Failed, Outcome

PLAIN_EVERY_S = 10.0
MOST_FAILURES = 50


class Display(Protocol):
    """One way to show progress."""

    def show(self, event: Event) -> None: ...

    def close(self) -> None: ...


def display(form: str) -> Display:
    """The display for `--progress`; auto: a bar on a terminal, else plain lines."""
    if form == "auto":
        form = "bar" if sys.stderr.isatty() else "plain"
    forms: dict[str, Callable[[], Display]] = {"bar": Bar, "plain": Plain, "json": JsonLines, "none": Nothing}
    return forms[form]()


class Nothing:
    def show(self, event: Event) -> None:
        """Nothing to show."""

    def close(self) -> None:
        """Nothing to close."""


class Bar:
    """One bar for the run, in audio time: 0:12:30 of 3:10:00, speed as a multiple of real time, time left."""

    FORMAT = "{desc} {percentage:3.0f}%|{bar}| {postfix} [{elapsed}<{remaining}]"

    def __init__(self) -> None:
        self._bar: Any = None
        self._started = time.monotonic()
        self._ended = 0

    def show(self, event: Event) -> None:
        if isinstance(event, Planned) and event.jobs:
            self._bar = tqdm(total=1.0, bar_format=self.FORMAT, file=sys.stderr, dynamic_ncols=True, desc="0 files")
        if self._bar is None:
            return
        if isinstance(event, Progress):
            self._bar.total = max(event.expected_ms, event.heard_ms, 1)
            self._bar.set_postfix_str(_pace(event, self._started), refresh=False)
            self._bar.update(event.heard_ms - self._bar.n)
        elif isinstance(event, Finished):
            self._ended += 1
            self._bar.set_description_str(f"{self._ended} files", refresh=False)
            if isinstance(event.outcome, Failed):
                self._bar.write(failure_line(event.outcome), file=sys.stderr)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


class Plain:
    """A line a failed file, and a line now and then."""

    def __init__(self) -> None:
        self._started = self._told = time.monotonic()
        self._ended = 0
        self._jobs = 0

    def show(self, event: Event) -> None:
        if isinstance(event, Planned):
            self._jobs = event.jobs
            click.echo(planned_line(event), err=True)
        elif isinstance(event, Finished):
            self._ended += 1
            if isinstance(event.outcome, Failed):
                click.echo(failure_line(event.outcome), err=True)
        elif isinstance(event, Progress) and time.monotonic() - self._told >= PLAIN_EVERY_S:
            self._told = time.monotonic()
            click.echo(f"{self._ended} of {self._jobs} files, {_pace(event, self._started)}", err=True)

    def close(self) -> None:
        """Every line is out already."""


class JsonLines:
    """One JSON object an event, for programs."""

    def show(self, event: Event) -> None:
        name = type(event).__name__.lower()
        body: dict[str, Any] = asdict(event)
        if isinstance(event, Finished):
            body = {"outcome": type(event.outcome).__name__.lower(), **asdict(event.outcome)}
        click.echo(json.dumps({"event": name, **body}, default=str), err=True)

    def close(self) -> None:
        """Every line is out already."""


def follow(events: Iterable[Event], shown: Display) -> tuple[Ended | None, list[Outcome]]:
    """Show a run to its end; its last event, and the outcomes worth telling (failed, or done with a warning)."""
    ended = None
    told: list[Outcome] = []
    try:
        for event in events:
            shown.show(event)
            if isinstance(event, Ended):
                ended = event
            elif isinstance(event, Finished) and _worth_telling(event.outcome):
                told.append(event.outcome)
    finally:
        shown.close()
    return ended, told


def summary(ended: Ended, told: Iterable[Outcome]) -> str:
    """What the run did, every failed file and why, and where the manifest is."""
    totals = ended.totals
    lines = [_totals_line(totals)]
    failures = [outcome for outcome in told if isinstance(outcome, Failed)]
    for failed in failures[:MOST_FAILURES]:
        lines.append(failure_line(failed))
        if failed.fault.hint:
            lines.append(f"  next: {printable(failed.fault.hint)}")
    if len(failures) > MOST_FAILURES:
        lines.append(f"... and {len(failures) - MOST_FAILURES} more: see the manifest")
    for outcome in told:
        if isinstance(outcome, Done):
            lines += [f"warning: {printable(outcome.source)}: {printable(warning)}" for warning in outcome.warnings]
    if ended.why:
        lines.append(printable(ended.why))
    lines.append(f"manifest: {ended.manifest}")
    return "\n".join(lines)


def planned_line(event: Planned) -> str:
    alone = ", ".join(f"{count} {reason}" for reason, count in sorted(event.left_alone.items()))
    problems = "".join(f"\nnot looked at: {printable(problem)}" for problem in event.problems)
    files = "file" if event.jobs == 1 else "files"
    return f"{event.jobs} {files} to do" + (f", left alone: {alone}" if alone else "") + problems


def failure_line(outcome: Failed) -> str:
    return f"failed: {printable(outcome.source)}: {outcome.fault.code}: {printable(outcome.fault.message)}"


def clock(ms: float) -> str:
    """Audio time for people: 1:02:03."""
    seconds = round(ms / 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _worth_telling(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) or (isinstance(outcome, Done) and bool(outcome.warnings))


def _pace(event: Progress, started: float) -> str:
    speed = event.heard_ms / 1000 / max(0.001, time.monotonic() - started)
    return f"{clock(event.heard_ms)} of {clock(event.expected_ms)} of audio, {speed:.1f}x"


def _totals_line(totals: Mapping[str, Any]) -> str:
    parts = [f"{totals[name]} {name}" for name in ("done", "failed", "skipped", "pending") if totals[name]]
    counted = ", ".join(parts) or "nothing to do"
    if not totals["done"]:
        return f"{counted} ({totals['took_s']:.1f} s)"
    return (
        f"{counted}; {clock(totals['audio_ms'])} of audio in {totals['took_s']:.1f} s, {totals['speed']:.1f}x real time"
    )
