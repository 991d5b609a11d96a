"""What can one SDK session tell us?

The SDK's callbacks run on its own threads, in any order, several times, or not at all. Each becomes one of these
values on a queue; the session reads the queue on a thread of ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.values import Segment


@dataclass(frozen=True, slots=True)
class Began:
    """session_started: it comes before the connection is made, so it proves nothing but carries the id."""

    session_id: str


@dataclass(frozen=True, slots=True)
class Interim:
    """recognizing: a guess that may still change."""

    segment: Segment


@dataclass(frozen=True, slots=True)
class Heard:
    """recognized, with text: final."""

    segment: Segment


@dataclass(frozen=True, slots=True)
class NoMatch:
    """recognized, without text: nothing was said, or nothing was understood, up to `end_ms`."""

    end_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """canceled: `error` tells a fault from a normal end of the stream; it may come several times."""

    error: bool
    code: str
    details: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """session_stopped: nothing more is expected, though a late Cancelled may follow."""


Event = Began | Interim | Heard | NoMatch | Cancelled | Stopped
