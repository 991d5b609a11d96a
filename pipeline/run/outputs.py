"""Where do the files of a transcript go, and what was written?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.schema import SubtitleSettings
from pipeline.errors import OutputError
from pipeline.files import write_all
from pipeline.values import Output, Transcript
from pipeline.writers import outputs

OUTSIDE = "remove the link, or choose another output folder"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files to write, and how."""

    formats: Sequence[str]
    subtitles: SubtitleSettings
    bilingual: bool = False
    targets: Sequence[str] = ()


def write_outputs(folder: Path, stem: str, transcript: Transcript, wanted: Wanted) -> tuple[Output, ...]:
    """Write every file of one transcript below `folder`. Raises OutputError."""
    found = {
        stem + suffix: text.encode("utf-8", "replace")
        for suffix, text in outputs(transcript, wanted.formats, wanted.subtitles, wanted.bilingual, wanted.targets)
    }
    write_all({inside(folder, relative): [data] for relative, data in found.items()})
    return tuple(Output(relative, hashlib.sha256(data).hexdigest(), len(data)) for relative, data in found.items())


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
