"""Which rules of a profile do these cues break?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pipeline.subtitles.cue import Cue, line_chars, read_chars, read_text, reading_ms
from pipeline.subtitles.finding import Finding
from pipeline.subtitles.profiles import Profile
from pipeline.subtitles.relay import better_lines

# Files made frame by frame have their times rounded: half a frame is no gap.
_ROUNDING_MS = 20

Broken = tuple[str, str]


def check(cues: Sequence[Cue], profile: Profile) -> tuple[Finding, ...]:
    """Every broken rule, in the order of the cues."""
    findings: list[Finding] = []
    for number, cue in enumerate(cues, 1):
        following = cues[number] if number < len(cues) else None
        for rule in RULES:
            findings.extend(Finding(name, number, 0, message) for name, message in rule(cue, following, profile))
    return tuple(findings)


def _text(cue: Cue, following: Cue | None, profile: Profile) -> Iterator[Broken]:
    if not any(line.strip() for line in cue.lines):
        yield "empty", "no text"
    if len(cue.lines) > profile.max_lines:
        yield "line-count", f"{len(cue.lines)} lines, at most {profile.max_lines}"
    for line in cue.lines:
        if (length := line_chars(line, profile)) > profile.max_line_chars:
            yield "line-length", f"{length:g} characters in a line, at most {profile.max_line_chars}"


def _breaks(cue: Cue, following: Cue | None, profile: Profile) -> Iterator[Broken]:
    better = better_lines(cue.lines, profile)
    if better is None:
        return
    if len(better) == 1:
        yield "one-line", f"{len(cue.lines)} lines where the text fits on one"
    else:
        yield "line-break", f"a line ends badly, better: {' | '.join(better)}"


def _duration(cue: Cue, following: Cue | None, profile: Profile) -> Iterator[Broken]:
    if cue.duration_ms <= 0:
        yield "negative", "ends before it starts" if cue.duration_ms < 0 else "ends when it starts"
    elif cue.duration_ms < profile.min_ms:
        yield "min-duration", f"{cue.duration_ms} ms on screen, at least {profile.min_ms}"
    elif cue.duration_ms > profile.max_ms:
        yield "max-duration", f"{cue.duration_ms} ms on screen, at most {profile.max_ms}"
    if cue.start_ms < 0:
        yield "negative", "starts before 0"


def _reading(cue: Cue, following: Cue | None, profile: Profile) -> Iterator[Broken]:
    if cue.duration_ms <= 0 or reading_ms(cue.lines, profile) <= cue.duration_ms:
        return
    text = read_text(cue.lines, profile)
    speeds = []
    if profile.max_cps is not None:
        cps = read_chars(text, profile) * 1000 / cue.duration_ms
        speeds.append(f"{cps:.1f} characters a second, at most {profile.max_cps:g}")
    if profile.max_wpm is not None:
        wpm = len(text.split()) * 60_000 / cue.duration_ms
        speeds.append(f"{wpm:.0f} words a minute, at most {profile.max_wpm:g}")
    yield "reading-speed", "; ".join(speeds)


def _neighbours(cue: Cue, following: Cue | None, profile: Profile) -> Iterator[Broken]:
    if following is None:
        return
    gap = following.start_ms - cue.end_ms
    if following.start_ms < cue.start_ms:
        yield "order", "the next cue starts earlier than this one"
    elif gap < 0:
        yield "overlap", f"overlaps the next cue by {-gap} ms"
    elif gap < profile.min_gap_ms:
        yield "gap", f"{gap} ms to the next cue, at least {profile.min_gap_ms}"
    elif profile.min_gap_ms + _ROUNDING_MS < gap < profile.close_gap_ms and _closable(cue, following, profile):
        yield "open-gap", f"{gap} ms to the next cue: close it to {profile.min_gap_ms} or leave {profile.close_gap_ms}"


def _closable(cue: Cue, following: Cue, profile: Profile) -> bool:
    """Whether the cue could last until the next one and not be too long."""
    return following.start_ms - profile.min_gap_ms - cue.start_ms <= profile.max_ms


Rule = Callable[[Cue, "Cue | None", Profile], Iterator[Broken]]
# A new rule: write its function, add it here, and its line to docs/how-to/subtitles.md.
RULES: tuple[Rule, ...] = (_text, _breaks, _duration, _reading, _neighbours)
