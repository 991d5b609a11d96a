"""In which order do the segments of all speakers and channels stand on one track?

Segments in time order; where two people speak at once, each one's clauses are taken in turn, so that a cue comes
close to its words. Starts never go back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby, pairwise

from pipeline.subtitles.profiles import Profile
from pipeline.subtitles.timed import spoken_tokens
from pipeline.subtitles.token import Token
from pipeline.values import Segment

_PAUSE_MS = 300
_CLAUSE_MS = 800
_CLAUSE_ENDS = tuple(".!?…,;:。！？，、；：؟،।")


def track_tokens(segments: Sequence[Segment], profile: Profile) -> list[Token]:
    """Every token of what is said, in the order of showing."""
    return in_order(
        [spoken_tokens(segment, profile, number) for number, segment in enumerate(segments_in_order(segments))]
    )


def segments_in_order(segments: Sequence[Segment]) -> list[Segment]:
    """The segments as tokens count them."""
    return sorted(segments, key=lambda segment: (segment.start_ms, segment.end_ms, segment.channel))


def stretches(segments: Sequence[Segment], pause_ms: int) -> Iterator[list[Segment]]:
    """The segments in order, cut where nobody speaks for at least `pause_ms`."""
    stretch: list[Segment] = []
    reached = 0
    for segment in segments_in_order(segments):
        if stretch and segment.start_ms - reached >= pause_ms:
            yield stretch
            stretch = []
        stretch.append(segment)
        reached = max(reached, segment.end_ms, *(word.end_ms for word in segment.words[-1:]))
    if stretch:
        yield stretch


def in_order(runs: Sequence[list[Token]]) -> list[Token]:
    """The tokens of all segments as one track, with the speakers' turns counted."""
    runs = [run for run in runs if run]
    if any(after[0].start_ms < run[-1].end_ms for run, after in pairwise(runs)):
        clauses = [clause for run in runs for clause in _clauses(run)]
        runs = sorted(clauses, key=lambda clause: clause[0].start_ms)
    tokens = list(_forward(chain.from_iterable(runs)))
    return _with_turns(tokens) if len({token.voice for token in tokens}) > 1 else tokens


def _clauses(run: Sequence[Token]) -> Iterator[list[Token]]:
    """The run cut at pauses and at the ends of sentences and of clauses, never so short that it would flash."""
    first = 0
    for last in range(1, len(run)):
        before, token = run[last - 1], run[last]
        ended = before.text.endswith(_CLAUSE_ENDS) and before.end_ms - run[first].start_ms >= _CLAUSE_MS
        if token.whole and (ended or token.start_ms - before.end_ms >= _PAUSE_MS):
            yield list(run[first:last])
            first = last
    yield list(run[first:])


def _forward(tokens: Iterator[Token]) -> Iterator[Token]:
    reached = 0
    for token in tokens:
        if token.start_ms < reached or token.end_ms < token.start_ms:
            start = max(token.start_ms, reached)
            token = replace(token, start_ms=start, end_ms=max(token.end_ms, start))
        reached = token.start_ms
        yield token


def _with_turns(tokens: Sequence[Token]) -> list[Token]:
    turns = enumerate(groupby(tokens, key=lambda token: token.voice))
    return [replace(token, turn=turn) for turn, (_, group) in turns for token in group]
