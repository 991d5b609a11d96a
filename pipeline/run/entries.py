"""How does an outcome read in the manifest?

An entry is made once, as JSON text, when the outcome is known; the ledger keeps it, and every later manifest copies
it. `"status"` and `"reason"` stand in a fixed place, so that a million unchanged files are relabelled without parsing.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from pipeline.values import Done, Failed, Fault, Output

_DONE = '"status": "done", "reason": null'
_UNCHANGED = '"status": "skipped", "reason": "unchanged"'


def of_done(done: Done) -> str:
    return _text(
        {
            "source": done.source,
            "status": "done",
            "reason": None,
            "error": None,
            "attempts": done.attempts,
            "audio_ms": done.audio_ms,
            "took_s": round(done.took_s, 3),
            "segments": done.segments,
            "languages": list(done.languages),
            "coverage": done.coverage,
            "warnings": list(done.warnings),
            **done.details,
            "outputs": [asdict(output) for output in done.outputs],
        }
    )


def of_failed(failed: Failed) -> str:
    return _text(
        {
            "source": failed.source,
            "status": "failed",
            "reason": None,
            "error": _fault(failed.fault),
            "attempts": failed.attempts,
            "audio_ms": failed.audio_ms,
            "took_s": round(failed.took_s, 3),
            "tried": [_fault(fault) for fault in failed.tried],
            "outputs": [],
        }
    )


def of_skipped(source: str, reason: str) -> str:
    """A file that was left alone; `pending` is a status of its own."""
    status = "pending" if reason == "pending" else "skipped"
    said = None if reason == "pending" else reason
    return _text({"source": source, "status": status, "reason": said, "error": None, "attempts": 0, "outputs": []})


def as_unchanged(entry: str) -> str:
    """The stored entry of a file that is done, as a later run lists it."""
    # An unescaped quote cannot stand inside a JSON string, so the first match is the key itself.
    return entry.replace(_DONE, _UNCHANGED, 1)


def outputs_of(entry: str) -> tuple[Output, ...]:
    return tuple(Output(**output) for output in json.loads(entry).get("outputs", []))


def _fault(fault: Fault) -> dict[str, Any]:
    return asdict(fault)


def _text(entry: dict[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False)
