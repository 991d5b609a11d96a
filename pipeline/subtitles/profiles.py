"""Which numbers does a norm set for a subtitle, in this language?

The numbers are those of the Netflix Timed Text Style Guide, the BBC subtitle guidelines, and a plain profile with
only what a viewer needs. Every number can be set in the config (`subtitles:`); what is set there wins.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config.schema import SubtitleSettings

# Netflix general requirements: full-width characters a line, and characters a second, by primary language.
_NETFLIX_LINE_CHARS = {"ja": 23, "zh": 16, "ko": 16, "th": 35}
_NETFLIX_CPS = {"en": 20.0, "ar": 20.0, "hi": 22.0, "ko": 12.0, "zh": 9.0, "ja": 4.0}
_NETFLIX_DEFAULT_CPS = 17.0
_FULL_WIDTH = frozenset({"ja", "zh", "ko"})
# Written without spaces, so that words a minute means nothing there.
UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my", "yue", "wuu"})
_BBC_WPM = 180.0


@dataclass(frozen=True, slots=True)
class Profile:
    """The numbers one track is built to and judged by."""

    name: str
    language: str
    max_line_chars: int
    max_lines: int
    min_ms: int
    max_ms: int
    max_cps: float | None
    max_wpm: float | None
    min_gap_ms: int
    close_gap_ms: int
    linger_ms: int
    max_pause_ms: int
    full_width: bool
    """a full-width character counts one and a half-width one half; otherwise one and two"""
    bilingual: bool = False
    """the lower half of the lines says the same as the upper half in another language"""

    @property
    def unspaced(self) -> bool:
        return self.language in UNSPACED


def primary(language: str | None) -> str:
    """The primary subtag, lower case: `en-US` -> en; nothing known -> und."""
    subtag = (language or "").replace("_", "-").split("-")[0].strip().lower()
    return {"cmn": "zh", "fil": "tl", "iw": "he"}.get(subtag, subtag) or "und"


def profile_for(settings: SubtitleSettings, language: str | None) -> Profile:
    """The settings' profile for a language, with every number that the settings give."""
    code = primary(language)
    base = _BASES[settings.profile](code, settings.fps)
    min_ms = _chosen(settings.min_duration, base.min_ms)
    max_wpm = base.max_wpm if settings.max_cps is None else None
    return Profile(
        name=base.name,
        language=code,
        max_line_chars=settings.max_line_chars or base.max_line_chars,
        max_lines=settings.max_lines or base.max_lines,
        min_ms=min_ms,
        max_ms=max(1, min_ms, _chosen(settings.max_duration, base.max_ms)),
        max_cps=base.max_cps if settings.max_cps is None else settings.max_cps,
        max_wpm=max_wpm if settings.max_wpm is None else settings.max_wpm,
        min_gap_ms=_chosen(settings.min_gap, base.min_gap_ms),
        close_gap_ms=_chosen(settings.close_gap, base.close_gap_ms),
        linger_ms=_chosen(settings.linger, base.linger_ms),
        max_pause_ms=_chosen(settings.max_pause, base.max_pause_ms),
        full_width=base.full_width or (code in _FULL_WIDTH and settings.max_line_chars is not None),
    )


def _chosen(setting: int | None, default: int) -> int:
    return default if setting is None else setting


def _netflix(code: str, fps: float) -> Profile:
    return Profile(
        name="netflix",
        language=code,
        max_line_chars=_NETFLIX_LINE_CHARS.get(code, 42),
        max_lines=2,
        min_ms=833,
        max_ms=7000,
        max_cps=_NETFLIX_CPS.get(code, _NETFLIX_DEFAULT_CPS),
        max_wpm=None,
        min_gap_ms=round(2000 / fps),
        close_gap_ms=500,
        linger_ms=500,
        max_pause_ms=1000,
        full_width=code in _FULL_WIDTH,
    )


def _bbc(code: str, fps: float) -> Profile:
    # The BBC counts words; a language that does not write them apart is held to the Netflix characters a second.
    unspaced = code in UNSPACED
    return Profile(
        name="bbc",
        language=code,
        max_line_chars=37,
        max_lines=2,
        min_ms=1000,
        max_ms=7000,
        max_cps=_NETFLIX_CPS.get(code, _NETFLIX_DEFAULT_CPS) if unspaced else None,
        max_wpm=None if unspaced else _BBC_WPM,
        min_gap_ms=0,
        close_gap_ms=0,
        linger_ms=500,
        max_pause_ms=1000,
        full_width=False,
    )


def _plain(code: str, fps: float) -> Profile:
    return Profile(
        name="plain",
        language=code,
        max_line_chars=42,
        max_lines=2,
        min_ms=500,
        max_ms=7000,
        max_cps=25.0,
        max_wpm=None,
        min_gap_ms=0,
        close_gap_ms=0,
        linger_ms=500,
        max_pause_ms=1000,
        full_width=False,
    )


# A new norm: write its function, add its line, and add its name to SubtitleSettings.profile.
_BASES = {"netflix": _netflix, "bbc": _bbc, "plain": _plain}
