"""Which words do the tokens spell, and when was each said?"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue", "bo", "km"})
"""Languages written without spaces between words: there every character is a word."""

OPENERS = tuple("\"'“‘«([¿¡#$€£-–")

BROKEN = "\N{REPLACEMENT CHARACTER}"
SHORTEST_WORD_MS = 20
LATE_END_MS = 120
"""How far a word may reach into a pause: voice activity ends before the sound has faded."""

EDGE_MS = 200
"""So much of a voiced stretch may be its neighbour's: Whisper's times are not exact."""

Span = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """A word as spelt by `tokens` tokens; `text` keeps the space before it."""

    text: str
    tokens: int


@dataclass(frozen=True)
class TimedWord:
    """A word; `text` keeps the space that stands before it, so that words join to the text."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float
    speaker: str | None = None


def spell(tokens: Sequence[int], decode: Callable[[list[int]], str], language: str) -> list[Piece]:
    """The words of a text; punctuation belongs to the word before it."""
    words: list[Piece] = []
    for piece in _characters(tokens, decode):
        if words and not _begins_word(piece.text, language):
            last = words.pop()
            piece = Piece(last.text + piece.text, last.tokens + piece.tokens)
        words.append(piece)
    return words


def _begins_word(text: str, language: str) -> bool:
    if language in UNSPACED:
        return not all(_is_mark(letter) for letter in text)
    # A mark alone belongs to the word before it, unless it opens the next one.
    return text.startswith(" ") and (not all(_is_mark(letter) for letter in text) or text[1:2] in OPENERS)


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "PZ"


def _characters(tokens: Sequence[int], decode: Callable[[list[int]], str]) -> list[Piece]:
    """Runs of tokens that spell whole characters; a character may take several."""
    pieces: list[Piece] = []
    run: list[int] = []
    for token in tokens:
        run.append(token)
        text = decode(run)
        if BROKEN not in text:
            pieces.append(Piece(text, len(run)))
            run = []
    if run:
        pieces.append(Piece(decode(run).replace(BROKEN, ""), len(run)))
    return [piece for piece in pieces if piece.text or piece.tokens]


def moved(word: TimedWord, by_ms: int) -> TimedWord:
    return replace(word, start_ms=word.start_ms + by_ms, end_ms=word.end_ms + by_ms)


def settle(words: Sequence[TimedWord], speech: Sequence[Span]) -> list[TimedWord]:
    """Word times moved out of the pauses, in order, none empty.

    Whisper's alignment lets the word after a pause begin inside it (median 57 to 240 ms early); voice activity
    knows when the speaker began.
    """
    settled: list[TimedWord] = []
    earliest = 0
    for word in words:
        start, end = _into_speech(max(word.start_ms, earliest), word.end_ms, speech)
        start = max(start, earliest)
        end = max(end, start + SHORTEST_WORD_MS)
        settled.append(replace(word, start_ms=start, end_ms=end))
        earliest = end
    return settled


def _into_speech(start: int, end: int, speech: Sequence[Span]) -> Span:
    """A word without the silence before and after it, and without the edges of stretches that it only touches."""
    filled = [(min(end, late) - max(start, early), early, late) for early, late in speech]
    filled = [stretch for stretch in filled if stretch[0] > 0]
    if not filled:
        return start, end
    if len(filled) > 1 and filled[0][0] <= EDGE_MS:
        filled.pop(0)
    if len(filled) > 1 and filled[-1][0] <= EDGE_MS:
        filled.pop()
    return max(start, filled[0][1]), min(end, filled[-1][2] + LATE_END_MS)
