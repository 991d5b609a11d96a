"""Is every output still what the manifest says?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import OutputError, UsageError
from pipeline.files import sha256_of
from pipeline.run.manifest import NAME
from pipeline.run.outputs import inside
from pipeline.values import Output


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
        entries = [
            (str(entry["source"]), Output(str(found["path"]), str(found["sha256"]), 0))
            for entry in manifest["files"]
            for found in entry["outputs"]
        ]
    except FileNotFoundError:
        raise UsageError(f"{str(path)!r} does not exist", hint="name the output folder of a run") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{str(path)!r} is not a manifest: {error}") from None
    for source, found in entries:
        yield Checked(source, found.path, _fault(output, found))


def _fault(output: Path, found: Output) -> str | None:
    try:
        path = inside(output, found.path)
        # A pipe in the place of an output would never end.
        if path.exists() and not path.is_file():
            return "unreadable"
        same = sha256_of(path) == found.sha256
    except FileNotFoundError:
        return "missing"
    except OutputError:
        return "outside"
    except OSError:
        return "unreadable"
    return None if same else "changed"
