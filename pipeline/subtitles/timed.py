"""When is each piece of a segment's display text spoken?"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.subtitles.align import Span, aligned
from pipeline.subtitles.cue import half_widths, line_limit
from pipeline.subtitles.pieces import Piece, fitted, pieces
from pipeline.subtitles.profiles import Profile
from pipeline.subtitles.token import Token
from pipeline.values import Segment


def spoken_tokens(segment: Segment, profile: Profile, number: int = 0) -> list[Token]:
    """The segment's own text, timed by its words; without words, by share of the segment's time."""
    text = _fitted_pieces(segment.text, profile)
    words = [word for word in segment.words if word.text.strip()]
    if words:
        spans = aligned([piece.text for piece in text], words)
    else:
        spans = shared_out([half_widths(piece.text) for piece in text], segment.start_ms, segment.end_ms)
    return _tokens(text, spans, segment, number, profile)


def translated_tokens(
    segment: Segment, target: str, profile: Profile, spoken: Sequence[Token], number: int
) -> list[Token]:
    """The segment's translation, timed along the spoken tokens by share of the text: pauses stay where they were."""
    text = _fitted_pieces(segment.translations.get(target, ""), profile)
    widths = [half_widths(piece.text) or 1 for piece in text]
    if text and spoken:
        return _tokens(text, _along(widths, spoken), segment, number, profile)
    spans = shared_out(widths, segment.start_ms, segment.end_ms)
    return _tokens(text, spans, segment, number, profile)


def shared_out(widths: Sequence[int], start_ms: int, end_ms: int) -> list[Span]:
    """A stretch of time dealt out by width."""
    total = sum(widths) or 1
    done, spans = 0, []
    for width in widths:
        first = start_ms + (end_ms - start_ms) * done // total
        done += width
        spans.append((first, start_ms + (end_ms - start_ms) * done // total))
    return spans


def _along(widths: Sequence[int], spoken: Sequence[Token]) -> list[Span]:
    # The spoken text as a ruler: its width is the measure, its word times the clock.
    marks = [half_widths(token.text) or 1 for token in spoken]
    scale = sum(marks) / sum(widths)
    spans, position, done, passed = [], 0, 0.0, 0.0
    for width in widths:
        start = _time_at(spoken, marks, position, done - passed)
        done += width * scale
        while position < len(spoken) - 1 and done > passed + marks[position] + 1e-6:
            passed += marks[position]
            position += 1
        spans.append((start, _time_at(spoken, marks, position, done - passed)))
        if position < len(spoken) - 1 and done >= passed + marks[position] - 1e-6:
            passed += marks[position]
            position += 1
    return spans


def _time_at(spoken: Sequence[Token], marks: Sequence[int], position: int, into: float) -> int:
    token = spoken[position]
    share = min(1.0, max(0.0, into / marks[position]))
    return round(token.start_ms + (token.end_ms - token.start_ms) * share)


def _fitted_pieces(text: str, profile: Profile) -> list[Piece]:
    room = line_limit(profile)
    return [part for piece in pieces(text) for part in fitted(piece, room)]


def _tokens(
    text: Sequence[Piece], spans: Sequence[Span], segment: Segment, number: int, profile: Profile
) -> list[Token]:
    # Where no spaces are written the recogniser's words tell where a word begins.
    starts = {word.start_ms for word in segment.words} if profile.unspaced else set()
    spaced = [piece.spaced and not (position == 0 and profile.unspaced) for position, piece in enumerate(text)]
    return [
        Token(piece.text, start, end, space, piece.spaced or start in starts, segment=number, voice=segment.speaker)
        for piece, space, (start, end) in zip(text, spaced, spans, strict=True)
    ]
