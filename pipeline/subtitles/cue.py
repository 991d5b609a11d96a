"""What is a cue, and how long is its text?"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from pipeline.subtitles.profiles import Profile

DASH = "- "


@dataclass(frozen=True, slots=True)
class Cue:
    """What is on the screen from `start_ms` to `end_ms`.

    `voices` names the speaker of each line where the transcript tells speakers apart, else it is empty.
    """

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    voices: tuple[str | None, ...] = ()

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@lru_cache(maxsize=65536)
def half_widths(text: str) -> int:
    """The room that text takes on a line, in half-width characters: marks and joiners take none."""
    if text.isascii():
        return len(text)
    return sum(_half_widths_of(character) for character in text)


def _half_widths_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def line_limit(profile: Profile) -> int:
    """The profile's characters a line, in half-width characters."""
    return profile.max_line_chars * (2 if profile.full_width else 1)


def line_chars(line: str, profile: Profile) -> float:
    """The length of a line in the profile's own count of characters."""
    return half_widths(line) / (2 if profile.full_width else 1)


def read_chars(text: str, profile: Profile) -> float:
    """What counts for reading speed: every character; half for a half-width one in Chinese, Japanese and Korean."""
    if profile.language in ("zh", "ja", "ko"):
        return half_widths(text) / 2
    return len(text)


def reading_need_ms(chars: float, words: int, profile: Profile) -> int:
    """How long a reader needs for so many characters and words, rounded up."""
    need_s = 0.0
    if profile.max_cps is not None:
        need_s = chars / profile.max_cps
    if profile.max_wpm is not None:
        need_s = max(need_s, words * 60 / profile.max_wpm)
    return ceil(need_s * 1000)


def reading_ms(lines: tuple[str, ...], profile: Profile) -> int:
    """How long a reader needs for these lines; of a bilingual cue a reader reads one half."""
    if profile.bilingual and len(lines) > 1:
        half = len(lines) // 2
        return max(_reading_ms(lines[:half], profile), _reading_ms(lines[half:], profile))
    return _reading_ms(lines, profile)


def read_text(lines: tuple[str, ...], profile: Profile) -> str:
    """The lines as one text; the end of a line counts as a space where words have spaces."""
    return ("" if profile.unspaced else " ").join(lines)


def _reading_ms(lines: tuple[str, ...], profile: Profile) -> int:
    text = read_text(lines, profile)
    return reading_need_ms(read_chars(text, profile), len(text.split()), profile)
