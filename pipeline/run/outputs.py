"""Where do the files of a transcript go, and what was written?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
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
    written: list[Output] = []

    def files() -> Iterator[tuple[Path, Iterator[bytes]]]:
        # Rendered one after the other, as they are written: all at once, ten hours would be 30 MB.
        rendered = outputs(transcript, wanted.formats, wanted.subtitles, wanted.bilingual, wanted.targets, tracks)
        for suffix, pieces in rendered:
            yield inside(folder, stem + suffix), _told(stem + suffix, pieces, written)

    write_all(files())
    return Written(tuple(written), tuple(remaining(tracks)))


def _told(name: str, pieces: Iterable[str], written: list[Output]) -> Iterator[bytes]:
    """The pieces as bytes; once the last one is taken, what they were is in `written`."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        data = piece.encode("utf-8", "replace")
        digest.update(data)
        size += len(data)
        yield data
    written.append(Output(name, digest.hexdigest(), size))


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
