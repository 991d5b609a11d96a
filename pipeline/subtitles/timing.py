"""When does a cue leave the screen, and do its neighbours leave it room?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.subtitles.cue import Cue
from pipeline.subtitles.profiles import Profile


@dataclass(frozen=True, slots=True)
class Shown:
    """A cue before it has its end: its speech ends at `spoken_ms`, its reader needs `need_ms`."""

    start_ms: int
    spoken_ms: int
    need_ms: int
    lines: tuple[str, ...]
    voices: tuple[str | None, ...] = ()


def out_time(start_ms: int, spoken_ms: int, need_ms: int, next_ms: int | None, profile: Profile) -> int:
    """The end of a cue before another that starts at `next_ms`.

    It may linger for the reader; a gap shorter than `close_gap_ms` is closed to the least gap, or kept that long
    where closing it would linger too long.
    """
    latest = start_ms + profile.max_ms
    least = start_ms + max(1, profile.min_ms)
    wanted = min(max(spoken_ms, least, min(start_ms + need_ms, spoken_ms + profile.linger_ms)), latest)
    if next_ms is None:
        return wanted
    closed = min(next_ms - profile.min_gap_ms, latest)
    if next_ms - wanted >= profile.close_gap_ms and wanted <= closed:
        return wanted
    if wanted >= closed or closed <= max(spoken_ms + profile.linger_ms, least):
        return closed
    return max(spoken_ms, least, next_ms - profile.close_gap_ms)


def timed(shown: Sequence[Shown], profile: Profile) -> tuple[Cue, ...]:
    """The cues with their times: a start is moved later only where the cue before it needs its least time."""
    starts: list[int] = []
    for cue in shown:
        earliest = starts[-1] + max(1, profile.min_ms) + profile.min_gap_ms if starts else 0
        starts.append(max(cue.start_ms, earliest))
    found = []
    for position, cue in enumerate(shown):
        following = starts[position + 1] if position + 1 < len(starts) else None
        start = starts[position]
        end = out_time(start, cue.spoken_ms, cue.need_ms, following, profile)
        found.append(Cue(start, end, cue.lines, cue.voices))
    return tuple(found)
