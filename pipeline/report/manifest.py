"""What do a manifest and its transcripts say that a report shows?

A manifest may list a million files: it is read an entry at a time, counted in full, and only the entries most worth
reading are kept.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError

NAME = "manifest.json"
SCHEMA = "speech-pipeline/manifest/"
MOST_FILES = 2_000
MOST_RUNS = 30
_HEAD_BYTES = 1 << 16
_MOST_TRANSCRIPT_BYTES = 32 << 20
# What reading a manifest or a transcript raises that is JSON, and not of the form that it should have.
WRONG_SHAPE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_FILES_KEY = '"files": ['


@dataclass(frozen=True, slots=True)
class Past:
    """One run of the folder: what its manifest's head says."""

    run: dict[str, Any]
    totals: dict[str, Any]


@dataclass(slots=True)
class Summary:
    """A whole run, for a page: counts over all files, and the files most worth reading."""

    past: Past
    files: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    coverage: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    hints: dict[str, str] = field(default_factory=dict)
    warned: int = 0

    @property
    def left_out(self) -> int:
        return self.count - len(self.files)


def summarise(folder: Path, most: int = MOST_FILES) -> Summary:
    """The last run of an output folder. Raises UsageError where there is none."""
    path = folder / NAME
    try:
        summary = Summary(_head(path))
        summary.files = heapq.nsmallest(most, _counted(path, summary), key=_worth)
    except FileNotFoundError:
        raise UsageError(f"{str(path)!r} does not exist", hint="name the output folder of a run") from None
    except (OSError, *WRONG_SHAPE) as error:
        raise UsageError(f"{str(path)!r} is not a manifest: {error}") from None
    return summary


def history(folder: Path) -> list[Past]:
    """The last runs of a folder, the oldest first; what cannot be read is left out."""
    found = []
    for path in sorted((folder / "runs").glob(f"*/{NAME}"))[-MOST_RUNS:]:
        try:
            found.append(_head(path))
        except (OSError, *WRONG_SHAPE):
            continue
    return found


def transcript(folder: Path, entry: dict[str, Any]) -> dict[str, Any] | None:
    """The transcript among an entry's outputs, where there is one that can be read."""
    names = [output["path"] for output in entry["outputs"]]
    name = next((n for n in names if n.endswith(".json") and not n.endswith(".azure.json")), None)
    if name is None or not is_inside(name):
        return None
    path = folder / name
    try:
        # A link may lead elsewhere, and a pipe has no end.
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            return None
        if path.stat().st_size > _MOST_TRANSCRIPT_BYTES:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return None
    return found if isinstance(found, dict) else None


def is_inside(name: str) -> bool:
    """Whether a manifest's path stays below the folder: a manifest may come from anywhere."""
    return not name.startswith("/") and "\\" not in name and ".." not in name.split("/")


def _worth(entry: dict[str, Any]) -> tuple[int, str]:
    """What went wrong comes first, then what may have, then what was left alone last."""
    if entry["status"] == "failed":
        rank = 0
    elif entry.get("coverage") == "fail":
        rank = 1
    elif entry["status"] == "pending":
        rank = 2
    elif entry.get("coverage") == "warn" or entry.get("warnings"):
        rank = 3
    else:
        rank = 4 if entry["status"] == "done" else 5
    return rank, entry["source"]


def _counted(path: Path, summary: Summary) -> Iterator[dict[str, Any]]:
    for entry in _entries(path):
        summary.count += 1
        summary.languages.update(entry.get("languages") or ())
        summary.warned += bool(entry.get("warnings"))
        if entry.get("coverage"):
            summary.coverage[entry["coverage"]] += 1
        elif entry.get("unproved"):
            summary.coverage["unproved"] += 1
        if error := entry.get("error"):
            summary.errors[error["code"]] += 1
            summary.hints.setdefault(error["code"], error.get("hint") or "")
        yield entry


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    """A run writes an entry a line; any other layout of the same JSON is read at once."""
    with path.open(encoding="utf-8") as stream:
        by_line = any(line.strip() == _FILES_KEY for line in stream)
        for line in stream if by_line else ():
            text = line.strip().removesuffix(",")
            if text == "]":
                return
            try:
                entry = json.loads(text)
            except ValueError:  # an entry of several lines, which can only be the first
                break
            yield entry
    yield from json.loads(path.read_text(encoding="utf-8"))["files"]


def _head(path: Path) -> Past:
    """Run and totals, which stand before the files."""
    with path.open(encoding="utf-8") as stream:
        start = stream.read(_HEAD_BYTES)
    before, key, _ = start.partition(_FILES_KEY)
    head = json.loads(before + key + "]}") if key else json.loads(path.read_text(encoding="utf-8"))
    if not str(head["schema"]).startswith(SCHEMA):
        raise ValueError(f"schema {head['schema']!r}")
    return Past(dict(head["run"]), dict(head["totals"]))
