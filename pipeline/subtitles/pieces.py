"""Where may display text be broken, by the way its script is written?

Text with spaces breaks at the spaces. Chinese and Japanese break between characters, never before closing
punctuation or after opening (kinsoku); Thai, Lao, Khmer and Burmese between clusters that stay readable.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.subtitles.cue import half_widths

# A no-break space keeps its neighbours together; a control character is no text.
_SPACES = re.compile(r"(?:(?![\u00a0\u202f\u2007])[\s\x00-\x1f\x7f])+")
# A web address or a file name gives way after one of these.
_SOFT_BREAK = re.compile(r"(?<=[-/_.?&=+@–—])")
# Never at the start of a line: closing punctuation, small kana, prolonged sound and iteration marks.
_NO_START = frozenset(
    "、。，．,.:;：；！？!?)]}）］｝〕〉》」』】〙〗’”…‥・ーゝゞヽヾ々〻ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ％%ๆฯ"
)
_NO_END = frozenset("([{（［｛〔〈《「『【〘〖‘“$￥¥£€")
# Thai and Lao: vowels written before their consonant bind to the right, vowels written after it to the left.
_BINDS_RIGHT = frozenset("เแโใไເແໂໃໄ")
_BINDS_LEFT = frozenset("ะาำๅะາຳ")
_SCRIPTS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece that is not broken, and whether a space stood before it."""

    text: str
    spaced: bool


def unspaced_character(character: str) -> bool:
    """Whether this character belongs to a script that writes words without spaces."""
    point = ord(character)
    return any(low <= point <= high for low, high in _SCRIPTS)


def pieces(text: str) -> list[Piece]:
    """The text as pieces, in order; joined again by their spaces they are the text with its spaces made single."""
    found: list[Piece] = []
    for chunk in _SPACES.split(text):
        if not chunk:
            continue
        parts = [chunk] if chunk.isascii() else list(_clusters(chunk))
        found.extend(Piece(sys.intern(part), position == 0) for position, part in enumerate(parts))
    return found


def _clusters(chunk: str) -> Iterator[str]:
    start = 0
    for position in range(1, len(chunk)):
        if _may_break(chunk[position - 1], chunk[position]):
            yield chunk[start:position]
            start = position
    yield chunk[start:]


def _may_break(before: str, after: str) -> bool:
    if not (unspaced_character(before) or unspaced_character(after)):
        # Between two marks such as 。 and 「 a break is wanted; inside a Latin word or a number never.
        return before in "。、！？」』）】》" and after not in _NO_START
    if after in _NO_START or before in _NO_END or before in _BINDS_RIGHT or after in _BINDS_LEFT:
        return False
    if unicodedata.category(after) in ("Mn", "Mc", "Me", "Cf") or before in "\u200d\u2060":
        return False
    # Digits, Latin letters and their marks stay together; a Han character beside them may part.
    return not _quote_like(after)


def _quote_like(character: str) -> bool:
    return unicodedata.category(character) in ("Pe", "Pf")


def fitted(piece: Piece, room: int) -> list[Piece]:
    """The piece, or where it is wider than `room` half-widths its parts: cut after its own marks, else anywhere."""
    if half_widths(piece.text) <= room:
        return [piece]
    parts: list[str] = []
    for part in _SOFT_BREAK.split(piece.text):
        if parts and half_widths(parts[-1] + part) <= room:
            parts[-1] += part
        else:
            parts.extend(_hard_cut(part, room))
    return [Piece(part, piece.spaced and position == 0) for position, part in enumerate(parts)]


def _hard_cut(text: str, room: int) -> Iterator[str]:
    start = 0
    for position in range(1, len(text)):
        if half_widths(text[start : position + 1]) > room:
            yield text[start:position]
            start = position
    yield text[start:]
