"""What would a run do, file by file, how long would it take, and what would it cost?

Touches nothing: no folder is made, no service asked; recordings are only opened to read their length.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipeline.audio.convert import look
from pipeline.discover import Problem, discover
from pipeline.errors import PipelineError
from pipeline.run.ledger import FILE_NAME, Ledger
from pipeline.run.outputs import inside
from pipeline.run.plan import Job, Lookup, Skip, plan
from pipeline.run.runner import STATE, Request
from pipeline.run.service import sessions

# What one session of the local host reaches on one core with the base model; the cloud takes twice real time.
LOCAL_SPEED_PER_CORE = 10.0
CLOUD_SPEED_PER_SESSION = 2.0


@dataclass(frozen=True, slots=True)
class Line:
    """One file of the plan; `action` is recognise, render, skip or fail."""

    name: str
    action: str
    reason: str
    audio_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    lines: tuple[Line, ...]
    problems: tuple[str, ...]
    audio_ms: int
    expected_s: float
    cost: float | None


def forecast(request: Request) -> Forecast:
    """The plan of a run with its expectations. Raises as the run would before it starts."""
    config, output = request.config, Path(request.config.output.folder)
    problems: list[Problem] = []
    sources = discover(config.input, output, config.translation.targets, problems.append, config)
    ledger = _ledger(output)
    try:
        known: Lookup = ledger.all_known if ledger is not None else lambda names: {}
        decisions = list(plan(sources, config, output, known, request.asked))
    finally:
        if ledger is not None:
            ledger.close()
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        lines = tuple(threads.map(_line, _limited(decisions, request.limits.files)))
    audio_ms = sum(line.audio_ms or 0 for line in lines if line.action == "recognise")
    price = config.service.price_per_hour
    return Forecast(
        lines,
        tuple(map(str, problems)),
        audio_ms,
        audio_ms / 1000 / _speed(request),
        None if price is None else audio_ms / 3_600_000 * price,
    )


def _ledger(output: Path) -> Ledger | None:
    """The ledger where there is one: a plan does not make one."""
    return Ledger(output / STATE, to_read=True) if inside(output, f"{STATE}/{FILE_NAME}").exists() else None


def _limited(decisions: list[Job | Skip], most: int | None) -> Iterator[Job | Skip]:
    """The decisions, with the jobs past `--max-files` left out as the run would."""
    jobs = 0
    for decision in decisions:
        if isinstance(decision, Job):
            jobs += 1
            if most is not None and jobs > most:
                decision = Skip(decision.source.name, "limit")
        yield decision


def _line(decision: Job | Skip) -> Line:
    if isinstance(decision, Skip):
        return Line(decision.name, "skip", decision.reason)
    if decision.render_only:
        return Line(decision.source.name, "render", decision.reason)
    try:
        length_ms = look(decision.source, decision.settings.audio).duration_ms
    except PipelineError as error:
        return Line(decision.source.name, "fail", f"{error.code}: {error.message}")
    return Line(decision.source.name, "recognise", decision.reason, length_ms)


def _speed(request: Request) -> float:
    """Audio seconds a second, as a rule of thumb."""
    service = request.config.service
    if service.kind == "local":
        return LOCAL_SPEED_PER_CORE * (os.cpu_count() or 1)
    per_session = CLOUD_SPEED_PER_SESSION if service.upload_speed == "auto" else service.upload_speed
    return per_session * sessions(service)
