"""What is in a subtitle file of any origin, and how is it written back without losing anything?"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from pipeline.subtitles.clock import clock
from pipeline.subtitles.cue import Cue
from pipeline.subtitles.finding import Finding

_TAGS = re.compile(r"<[^<>\n]*>|\{\\[^}\n]*\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A cue as it stands in a file: `lines` with their tags, `line` where its times stand, `before` the comment and
    style blocks above it."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    line: int
    identifier: str = ""
    settings: str = ""
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file. `header` and `tail` are what a WebVTT file has around its cues."""

    kind: str
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...] = ()
    header: str = "WEBVTT"
    tail: tuple[str, ...] = ()

    @property
    def cues(self) -> tuple[Cue, ...]:
        """The cues as a viewer reads them."""
        return tuple(
            Cue(entry.start_ms, entry.end_ms, tuple(plain(line, self.kind) for line in entry.lines))
            for entry in self.entries
        )

    def render(self) -> str:
        """The file again, in clean form."""
        return self._vtt() if self.kind == "vtt" else self._srt()

    def _srt(self) -> str:
        blocks = []
        for number, entry in enumerate(self.entries, 1):
            times = f"{clock(entry.start_ms, ',')} --> {clock(entry.end_ms, ',')}"
            blocks.append("\n".join((f"{number}\n{times}{entry.settings and ' '}{entry.settings}", *entry.lines, "")))
        return "\n".join(blocks)

    def _vtt(self) -> str:
        blocks = [self.header + "\n"]
        for entry in self.entries:
            blocks.extend(block + "\n" for block in entry.before)
            times = f"{clock(entry.start_ms)} --> {clock(entry.end_ms)}{entry.settings and ' '}{entry.settings}"
            first = (entry.identifier, times) if entry.identifier else (times,)
            blocks.append("\n".join((*first, *entry.lines, "")))
        blocks.extend(block + "\n" for block in self.tail)
        return "\n".join(blocks)


def plain(line: str, kind: str) -> str:
    """A line as a viewer reads it: no tags, and in WebVTT no escapes."""
    text = _TAGS.sub("", line)
    return (html.unescape(text) if kind == "vtt" else text).strip()
