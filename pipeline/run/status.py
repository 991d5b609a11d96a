"""What does the ledger of an output folder know?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.run.ledger import FILE_NAME, Ledger
from pipeline.run.outputs import inside
from pipeline.run.runner import STATE

MOST_FAILURES = 1000


def open_ledger(output: Path, *, to_read: bool = False) -> Ledger:
    """The ledger of a folder that has one; to be read, of one that may be read only. Raises UsageError."""
    folder = output / STATE
    if not inside(output, f"{STATE}/{FILE_NAME}").exists():
        raise UsageError(f"{str(output)!r} holds no ledger: no run has written there", hint="name an output folder")
    return Ledger(folder, to_read=to_read)


def status(output: Path) -> dict[str, Any]:
    """Counts, failures with their reasons, and the last run."""
    ledger = open_ledger(output, to_read=True)
    try:
        counts = ledger.counts()
        last = ledger.last_run()
        pending = (last["totals"] or {}).get("pending", 0) if last else 0
        return {
            "folder": str(output),
            "done": counts.get("done", 0),
            "failed": counts.get("failed", 0),
            "pending": pending,
            "failures": _failures(ledger),
            "last_run": last,
        }
    finally:
        ledger.close()


def _failures(ledger: Ledger) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, state, _, entry in ledger.entries():
        if state == "failed" and len(found) < MOST_FAILURES:
            error = json.loads(entry)["error"]
            found.append({"source": name, **error})
    return found
