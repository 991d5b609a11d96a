"""Which cues are in a WebVTT file, and what is wrong with its form?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.subtitles.document import Document, Entry
from pipeline.subtitles.finding import Finding
from pipeline.subtitles.parse_srt import milliseconds

_TIME = r"(-?)(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:[ \t]+(\S.*?))?\s*$")
_STRICT = re.compile(r"^(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}[ \t]+-->[ \t]+(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}(?:[ \t]|$)")
_HEADER = re.compile(r"^WEBVTT(?:[ \t]|$)")
_BLOCKS = ("NOTE", "STYLE", "REGION")
_ENTITY = re.compile(r"&(?!(?:#\d+|#x[0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);)")
_TAG = re.compile(r"</?(?:[biuvc]|ruby|rt|lang)(?:[.\s][^<>]*)?>|<(?:\d+:)?\d\d:\d\d\.\d{3}>|</>")

Block = tuple[int, list[str]]


def parse_vtt(lines: list[str]) -> Document:
    """Blocks between blank lines; a block with times is a cue, NOTE, STYLE and REGION blocks are kept as they stand."""
    blocks = list(_blocks(lines))
    findings: list[Finding] = []
    header = "WEBVTT"
    if blocks and blocks[0][0] == 0 and _HEADER.match(blocks[0][1][0]):
        header = "\n".join(blocks.pop(0)[1])
    else:
        findings.append(Finding("header", 0, 1, "does not begin with WEBVTT", fixable=True))
    entries: list[Entry] = []
    kept: list[str] = []
    for at, block in blocks:
        place = next((i for i, line in enumerate(block[:2]) if _TIMES.match(line)), None)
        if place is not None:
            entries.append(_entry(at, block, place, tuple(kept)))
            findings.extend(_form(at, block, place, len(entries)))
            kept = []
        elif block[0].split(" ")[0].split("\t")[0] in _BLOCKS:
            kept.append("\n".join(block))
        else:
            findings.append(_stray(at, block, len(entries)))
            if entries and findings[-1].rule == "blank-line":
                # Players drop it; its words are kept with the cue that they most likely fell out of.
                entries[-1] = replace(entries[-1], lines=(*entries[-1].lines, *map(_escaped, block)))
    return Document("vtt", tuple(entries), tuple(findings), header, tuple(kept))


def _blocks(lines: list[str]) -> Iterator[Block]:
    """Runs of lines that are not blank, each with the place of its first line."""
    first = None
    for at, line in enumerate([*lines, ""]):
        if line.strip():
            first = at if first is None else first
        elif first is not None:
            yield first, lines[first:at]
            first = None


def _entry(at: int, block: list[str], place: int, before: tuple[str, ...]) -> Entry:
    match = _TIMES.match(block[place])
    assert match is not None
    groups = match.groups()
    start, end = milliseconds(groups[:5]), milliseconds(groups[5:10])
    text = tuple(_escaped(line.strip()) for line in block[place + 1 :])
    identifier = block[0].strip() if place else ""
    return Entry(start, end, text, at + place + 1, identifier, groups[10] or "", before)


def _form(at: int, block: list[str], place: int, number: int) -> Iterator[Finding]:
    if not _STRICT.match(block[place]):
        message = f"times are not HH:MM:SS.mmm --> HH:MM:SS.mmm: {block[place].strip()}"
        yield Finding("time-format", number, at + place + 1, message, fixable=True)
    for offset, line in enumerate(block[place + 1 :]):
        if _escaped(line) != line:
            message = f"&, < or --> is not escaped: {line.strip()[:60]}"
            yield Finding("escape", number, at + place + 2 + offset, message, fixable=True)


def _stray(at: int, block: list[str], number: int) -> Finding:
    if any("-->" in line for line in block):
        return Finding("time-format", 0, at + 1, f"times that cannot be read: {block[0].strip()[:60]}")
    if number:
        return Finding("blank-line", number, at + 1, "a blank line inside the cue: players drop what follows", True)
    return Finding("stray-text", 0, at + 1, f"text outside any cue: {block[0].strip()[:60]}")


def _escaped(line: str) -> str:
    """The line with every `&` and `<` that begins no entity and no tag escaped, and no `-->`."""
    tags = _TAG.findall(line)
    texts = _TAG.split(line)
    clean = [_ENTITY.sub("&amp;", text).replace("<", "&lt;").replace("-->", "--&gt;") for text in texts]
    return "".join(text + tag for text, tag in zip(clean, [*tags, ""], strict=True))
