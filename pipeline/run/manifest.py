"""What does the manifest of a run say?

It is written from the ledger, entry by entry: a million files never are in memory at once.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.files import write_again, write_all
from pipeline.run.entries import as_unchanged, of_skipped
from pipeline.run.ledger import Ledger

SCHEMA = "speech-pipeline/manifest/1"
NAME = "manifest.json"
_BLOCK_ENTRIES = 500


def write(
    output: Path, run: Mapping[str, Any], totals: Mapping[str, Any], ledger: Ledger, left_alone: Mapping[str, str]
) -> tuple[Path, Path]:
    """Write `manifest.json` and `runs/<id>/manifest.json`; `left_alone` maps names to why nothing was done."""
    latest, kept = output / NAME, output / "runs" / str(run["id"]) / NAME
    write_all([(kept, _blocks(run, totals, _entries(str(run["id"]), ledger, left_alone)))])
    write_again(kept, latest)
    return latest, kept


def _entries(run_id: str, ledger: Ledger, left_alone: Mapping[str, str]) -> Iterator[str]:
    others = ((name, of_skipped(name, why)) for name, why in sorted(left_alone.items()) if why != "unchanged")
    for _, entry in heapq.merge(_of_ledger(run_id, ledger, left_alone), others):
        yield entry


def _of_ledger(run_id: str, ledger: Ledger, left_alone: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, _, of_run, entry in ledger.entries():
        if of_run == run_id and name not in left_alone:
            yield name, entry
        elif left_alone.get(name) == "unchanged":
            yield name, as_unchanged(entry)


def _blocks(run: Mapping[str, Any], totals: Mapping[str, Any], entries: Iterator[str]) -> Iterator[bytes]:
    head = {"schema": SCHEMA, "run": dict(run), "totals": dict(totals)}
    yield json.dumps(head, ensure_ascii=False, indent=1)[:-2].encode("utf-8", "replace") + b',\n "files": ['
    separator = "\n  "
    lines: list[str] = []
    for entry in entries:
        lines.append(separator + entry)
        separator = ",\n  "
        if len(lines) == _BLOCK_ENTRIES:
            yield "".join(lines).encode("utf-8", "replace")
            lines.clear()
    yield ("".join(lines) + "\n ]\n}\n").encode("utf-8", "replace")
