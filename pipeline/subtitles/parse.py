"""What does a subtitle file of any origin say, and what is wrong with its form?

Reads what players read, not what the norm allows: a fault of form is a Finding, and the cues are found all the same.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.subtitles.document import Document
from pipeline.subtitles.finding import Finding
from pipeline.subtitles.parse_srt import parse_srt
from pipeline.subtitles.parse_vtt import parse_vtt

_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PARSERS: dict[str, Callable[[list[str]], Document]] = {"srt": parse_srt, "vtt": parse_vtt}


class NotSubtitles(PipelineError):
    """The file cannot be read as subtitles at all."""

    code = "not-subtitles"
    exit_code = 2
    hint = "lint reads SubRip (.srt) and WebVTT (.vtt)"


def parse(data: bytes, name: str, encoding: str | None = None) -> Document:
    """The document in these bytes; the kind by the name's suffix, else by its first line. Raises NotSubtitles."""
    text, findings = _decoded(data, encoding)
    if "\r" in text:
        findings.append(Finding("line-endings", 0, 1, "lines end in CR or CRLF, not in LF", fixable=True))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        raise NotSubtitles(f"{name}: binary data, not subtitles")
    document = _PARSERS[_kind(text, name)](text.split("\n"))
    return Document(document.kind, document.entries, (*findings, *document.findings), document.header, document.tail)


def _kind(text: str, name: str) -> str:
    suffix = Path(name).suffix.lower().lstrip(".")
    if suffix in _PARSERS:
        return suffix
    if text.lstrip().startswith("WEBVTT"):
        return "vtt"
    if re.search(r"\d:\d\d[,.]\d{1,3}\s*-->", text):
        return "srt"
    raise NotSubtitles(f"{name}: neither SubRip nor WebVTT")


def _decoded(data: bytes, encoding: str | None) -> tuple[str, list[Finding]]:
    """The text, and what its bytes did wrong. An encoding that is only guessed is not repaired: it might be another."""
    for mark, utf16 in _UTF16:
        if data.startswith(mark):
            text = data[len(mark) :].decode(utf16, errors="replace")
            return text, [Finding("encoding", 0, 1, "UTF-16, not UTF-8", fixable=True)]
    findings = []
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
        findings.append(Finding("bom", 0, 1, "begins with a byte order mark", fixable=True))
    try:
        return data.decode("utf-8"), findings
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
    if encoding is not None:
        findings.append(Finding("encoding", 0, line, f"{encoding}, not UTF-8", fixable=True))
        return data.decode(encoding, errors="replace"), findings
    findings.append(Finding("encoding", 0, line, "not UTF-8: say what it is with --encoding"))
    return data.decode("cp1252", errors="replace"), findings
