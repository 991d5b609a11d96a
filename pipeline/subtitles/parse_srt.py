"""Which cues are in a SubRip file, and what is wrong with its form?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.subtitles.document import Document, Entry
from pipeline.subtitles.finding import Finding

_TIME = r"(-?)(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:[,.:](\d{1,3}))?"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:\s+(\S.*?))?\s*$")
_STRICT = re.compile(r"^\d{2,}:[0-5]\d:[0-5]\d,\d{3} --> \d{2,}:[0-5]\d:[0-5]\d,\d{3}$")


# Two times with something like an arrow between: meant as times, whatever they say.
_ALMOST = re.compile(r"-->|\d:\d\d\D.*[->].*\d:\d\d\D")


def parse_srt(lines: list[str]) -> Document:
    """Cues are found by their lines of times; numbers and blank lines may be missing or wrong."""
    entries: list[Entry] = []
    findings: list[Finding] = []
    times = [at for at, line in enumerate(lines) if _ALMOST.search(line) or _TIMES.match(line)]
    tops = [_number_above(lines, at, before + 1) for before, at in zip([-1, *times], times, strict=False)]
    findings.extend(_strays(lines, 0, tops[0] if tops else len(lines)))
    for at, top, stop in zip(times, tops, [*tops[1:], len(lines)], strict=False):
        match = _TIMES.match(lines[at])
        if match is None:
            message = f"times that cannot be read: {lines[at].strip()[:60]}"
            findings.append(Finding("time-format", 0, at + 1, message))
            continue
        entries.append(_entry(lines, at, stop, match))
        findings.extend(_form(lines, top, at, stop, len(entries)))
    return Document("srt", tuple(entries), tuple(findings))


def _number_above(lines: list[str], at: int, floor: int) -> int:
    """Where the block of the times at `at` begins: at its number, if it has one."""
    return at - 1 if at > floor and lines[at - 1].strip().isdigit() else at


def _entry(lines: list[str], at: int, stop: int, match: re.Match[str]) -> Entry:
    groups = match.groups()
    text = tuple(line.strip() for line in lines[at + 1 : stop] if line.strip())
    return Entry(milliseconds(groups[:5]), milliseconds(groups[5:10]), text, at + 1, settings=groups[10] or "")


def milliseconds(parts: tuple[str | None, ...]) -> int:
    """Sign, hours, minutes, seconds and fraction as whole milliseconds."""
    sign, hours, minutes, seconds, fraction = parts
    ms = int(hours or 0) * 3_600_000 + int(minutes or 0) * 60_000 + int(seconds or 0) * 1000
    ms += int((fraction or "0").ljust(3, "0"))
    return -ms if sign else ms


def _form(lines: list[str], top: int, at: int, stop: int, number: int) -> Iterator[Finding]:
    if top == at:
        yield Finding("number", number, at + 1, f"no number above the times, expected {number}", fixable=True)
    elif int(lines[top]) != number:
        message = f"numbered {lines[top].strip()}, expected {number}"
        yield Finding("number", number, at, message, fixable=True)
    if not _STRICT.match(lines[at]):
        message = f"times are not HH:MM:SS,mmm --> HH:MM:SS,mmm: {lines[at].strip()}"
        yield Finding("time-format", number, at + 1, message, fixable=True)
    text = lines[at + 1 : stop]
    while text and not text[-1].strip():
        text.pop()
    if any(not line.strip() for line in text):
        yield Finding("blank-line", number, at + 1, "a blank line inside the cue: players drop what follows", True)
    elif stop < len(lines) and text and lines[stop - 1].strip():
        yield Finding("blank-line", number, stop, "no blank line after the cue", fixable=True)


def _strays(lines: list[str], first: int, stop: int) -> Iterator[Finding]:
    for at in range(first, stop):
        if lines[at].strip():
            yield Finding("stray-text", 0, at + 1, f"text outside any cue: {lines[at].strip()[:60]}")
