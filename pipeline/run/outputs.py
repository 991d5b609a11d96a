"""Where do the files of a transcript go, and what was written?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.schema import SubtitleSettings
from pipeline.errors import OutputError
from pipeline.files import write_all
from pipeline.subtitles.finding import Finding
from pipeline.values import Output, Transcript
from pipeline.writers import Track, outputs, remaining

OUTSIDE = "remove the link, or choose another output folder"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files to write, and how."""

    formats: Sequence[str]
    subtitles: SubtitleSettings
    bilingual: bool = False
    targets: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """The files, and what a lint of the subtitles still finds in them: (label of the track, finding)."""

    outputs: tuple[Output, ...]
    findings: tuple[tuple[str, Finding], ...] = ()


def write_outputs(folder: Path, stem: str, transcript: Transcript, wanted: Wanted) -> Written:
    """Write every file of one transcript below `folder`. Raises OutputError."""
    tracks: dict[str, Track] = {}
    rendered = outputs(transcript, wanted.formats, wanted.subtitles, wanted.bilingual, wanted.targets, tracks)
    found = {stem + suffix: text.encode("utf-8", "replace") for suffix, text in rendered}
    write_all({inside(folder, relative): [data] for relative, data in found.items()})
    return Written(
        tuple(Output(relative, hashlib.sha256(data).hexdigest(), len(data)) for relative, data in found.items()),
        tuple(remaining(tracks)),
    )


def inside(folder: Path, relative: str) -> Path:
    """`relative` below `folder`. Raises OutputError where `..` or a link would lead out of it."""
    path = folder / relative
    try:
        within = path.resolve().is_relative_to(folder.resolve())
    except (ValueError, RuntimeError):  # a zero byte; links in a circle, before Python 3.13
        within = False
    if not within:
        raise OutputError(f"{relative!r} would lie outside the output folder", code="output-outside", hint=OUTSIDE)
    return path
