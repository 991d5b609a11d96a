"""Is every output still what the manifest says?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import OutputError, PipelineError, UsageError
from pipeline.files import sha256_of
from pipeline.run.manifest import NAME
from pipeline.run.outputs import inside


@dataclass(frozen=True, slots=True)
class Checked:
    """One output: `fault` is None, missing, changed, unreadable or outside."""

    source: str
    path: str
    fault: str | None


def verify(output: Path) -> Iterator[Checked]:
    """Check every output of the last manifest. Raises UsageError where there is no manifest to check against."""
    path = output / NAME
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        entries = [(entry["source"], found) for entry in manifest["files"] for found in entry["outputs"]]
    except FileNotFoundError:
        raise UsageError(f"{str(path)!r} does not exist", hint="name the output folder of a run") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{str(path)!r} is not a manifest: {error}") from None
    for source, found in entries:
        yield Checked(source, found["path"], _fault(output, found))


def _fault(output: Path, found: dict[str, str]) -> str | None:
    try:
        same = sha256_of(inside(output, found["path"])) == found["sha256"]
    except FileNotFoundError:
        return "missing"
    except OutputError:
        return "outside"
    except (OSError, PipelineError):
        return "unreadable"
    return None if same else "changed"
