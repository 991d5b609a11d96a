"""When is a translation shown, which has no word times?

It takes the times of its source segment's cues: each cue of what is said has its share of the translation with it, cut
at the translation's own sentence and clause ends where one is near; inside a cue the words keep step with what is said.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, groupby

from pipeline.subtitles.breaks import breaks
from pipeline.subtitles.cue import half_widths
from pipeline.subtitles.pieces import Piece
from pipeline.subtitles.profiles import Profile
from pipeline.subtitles.ruler import Ruler, Span
from pipeline.subtitles.timed import FINE, fitted_pieces, tokens_of, widths_of
from pipeline.subtitles.token import Token
from pipeline.subtitles.track import in_order, segments_in_order, track_tokens
from pipeline.subtitles.weigh import Weighing
from pipeline.values import Segment

# How far, in tokens, a cut of the translation may move to a better place, and what a token of distance costs.
_REACH = 4
_DISTANCE = 3.0


def translated_track(segments: Sequence[Segment], target: str, profile: Profile, said: Profile) -> list[Token]:
    """The tokens of the translation into `target`; `said` is the profile of the language that is spoken."""
    ordered = segments_in_order(segments)
    spoken = track_tokens(segments, said)
    runs: dict[int, list[list[Token]]] = {number: [] for number in range(len(ordered))}
    for first, last in Weighing(spoken, breaks(spoken, said.language), said).spans():
        for number, run in groupby(spoken[first:last], key=lambda token: token.segment):
            runs[number].append(list(run))
    return in_order([_tokens(ordered[number], target, own, number, profile) for number, own in runs.items()])


def _tokens(
    segment: Segment, target: str, runs: Sequence[Sequence[Token]], number: int, profile: Profile
) -> list[Token]:
    text = fitted_pieces(segment.translations.get(target, ""), profile)
    if not text:
        return []
    if not runs:
        spans = Ruler([(segment.start_ms, segment.end_ms)], [FINE]).dealt(widths_of(text))
        return tokens_of(text, spans, segment, number, profile)
    ends = shares(text, [sum(half_widths(token.text) for token in run) for run in runs], profile)
    spans = []
    for run, first, last in zip(runs, [0, *ends], ends, strict=False):
        spans.extend(_keeping_step(text[first:last], run))
    return tokens_of(text, spans, segment, number, profile)


def _keeping_step(text: Sequence[Piece], run: Sequence[Token]) -> list[Span]:
    lengths = [FINE * half_widths(token.text) for token in run]
    return Ruler([(token.start_ms, token.end_ms) for token in run], lengths).dealt(widths_of(text))


def shares(text: Sequence[Piece], widths: Sequence[int], profile: Profile) -> list[int]:
    """How many pieces of a translation stand before the end of each of the things said, which have these widths.

    In proportion, moved to a good place for a break near by.
    """
    if not text:
        return [0] * len(widths)
    costs = breaks([Token(piece.text, 0, 0, piece.spaced, piece.spaced) for piece in text], profile.language)
    done = [0, *accumulate(widths_of(text))]
    total = sum(widths) or 1
    place, ends = 0, []
    for reached in list(accumulate(widths))[:-1]:
        wanted = _place_of(done, done[-1] * reached / total)
        near = range(max(place, round(wanted) - _REACH), min(len(text), round(wanted) + _REACH) + 1)
        price = {at: (costs[at - 1] if at else 0.0) + _DISTANCE * abs(at - wanted) for at in near}
        place = min(price, key=lambda at: price[at], default=place)
        ends.append(place)
    return [*ends, len(text)]


def _place_of(done: Sequence[int], width: float) -> float:
    """How many pieces, and which part of the next, make up this width."""
    at = min(bisect_right(done, width) - 1, len(done) - 2)
    return at + (width - done[at]) / (done[at + 1] - done[at])
