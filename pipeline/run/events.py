"""What does a run tell its caller while it goes on?

The caller iterates these; nothing below calls back upward.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.values import Outcome


@dataclass(frozen=True, slots=True)
class Planned:
    """The decisions are made: so many jobs, so many files left alone, by reason."""

    jobs: int
    left_alone: Mapping[str, int]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """`heard_ms` of about `expected_ms` of audio; the expectation sharpens as recordings are opened."""

    heard_ms: int
    expected_ms: int


@dataclass(frozen=True, slots=True)
class Finished:
    """One file has its outcome."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over and its manifest written."""

    exit_code: int
    totals: Mapping[str, Any]
    manifest: Path
    why: str | None = None


Event = Planned | Progress | Finished | Ended
