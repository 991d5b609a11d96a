"""When is each piece of a segment's display text spoken?"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.subtitles.align import aligned
from pipeline.subtitles.cue import half_widths, line_limit
from pipeline.subtitles.pieces import Piece, fitted, pieces
from pipeline.subtitles.profiles import Profile
from pipeline.subtitles.ruler import Ruler, Span
from pipeline.subtitles.token import Token
from pipeline.values import Segment

# Lengths are multiplied so that shares of them stay whole numbers.
FINE = 1000


def spoken_tokens(segment: Segment, profile: Profile, number: int = 0) -> list[Token]:
    """The segment's own text, timed by its words; without words, by share of the segment's time."""
    text = fitted_pieces(segment.text, profile)
    words = [word for word in segment.words if word.text.strip()]
    if words:
        spans = aligned([piece.text for piece in text], words)
    else:
        spans = Ruler([(segment.start_ms, segment.end_ms)], [FINE]).dealt(widths_of(text))
    return tokens_of(text, spans, segment, number, profile)


def fitted_pieces(text: str, profile: Profile) -> list[Piece]:
    """The pieces of a text, none wider than a line."""
    room = line_limit(profile)
    return [part for piece in pieces(text) for part in fitted(piece, room)]


def widths_of(text: Sequence[Piece]) -> list[int]:
    return [half_widths(piece.text) or 1 for piece in text]


def tokens_of(
    text: Sequence[Piece], spans: Sequence[Span], segment: Segment, number: int, profile: Profile
) -> list[Token]:
    """The pieces with their times, as tokens of a segment."""
    # Where no spaces are written the recogniser's words tell where a word begins.
    starts = {word.start_ms for word in segment.words} if profile.unspaced else set()
    spaced = [piece.spaced and not (position == 0 and profile.unspaced) for position, piece in enumerate(text)]
    return [
        Token(piece.text, start, end, space, piece.spaced or start in starts, segment=number, voice=segment.speaker)
        for piece, space, (start, end) in zip(text, spaced, spans, strict=True)
    ]
