"""How did the run as a whole go: its totals, its exit code, and why?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.errors import FfmpegMissing, GStreamerMissing, Missing, ModelMissing, PipelineError
from pipeline.run.stop import Stop
from pipeline.values import Done, Failed, Outcome

OK, SOME_FAILED, MISSING, NO_SERVICE, LIMIT, INTERRUPTED = 0, 1, 3, 4, 5, 130

MISSING_CODES = frozenset(kind.code for kind in (Missing, FfmpegMissing, ModelMissing, GStreamerMissing))
# What may go wrong while a recording is recognised and says nothing of the service.
NOT_THE_SERVICE = ("audio-", "source-", "output-", "disk-full", "transcript-", "crashed", "internal")


class Tally:
    """Counts outcomes as they come. `seen` holds the names that have one."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.done = 0
        self.failed = 0
        self.audio_ms = 0
        self.unproved = 0
        self.refused = 0
        self.missing = 0
        self.service_fault: PipelineError | None = None

    def add(self, outcome: Outcome) -> None:
        self.seen.add(outcome.source)
        if isinstance(outcome, Done):
            self.done += 1
            self.audio_ms += outcome.audio_ms
            self.unproved += outcome.coverage == "fail"
        elif isinstance(outcome, Failed):
            self.failed += 1
            self.refused += outcome.fault.stage == "recognise" and not outcome.fault.code.startswith(NOT_THE_SERVICE)
            self.missing += outcome.fault.code in MISSING_CODES

    def totals(self, left_alone: Mapping[str, str], took_s: float) -> dict[str, Any]:
        """The manifest's totals; `speed` is audio time by wall time."""
        pending = sum(reason == "pending" for reason in left_alone.values())
        return {
            "files": self.done + self.failed + len(left_alone),
            "done": self.done,
            "failed": self.failed,
            "skipped": len(left_alone) - pending,
            "pending": pending,
            "audio_ms": self.audio_ms,
            "took_s": round(took_s, 3),
            "speed": round(self.audio_ms / 1000 / took_s, 2) if took_s > 0 else 0.0,
            "coverage_failed": self.unproved,
        }

    def exit_code(self, stop: Stop, left_alone: Mapping[str, str], coverage: str) -> int:
        """The contract's exit code; where several hold, what the user must act on first."""
        if stop.interrupted:
            return INTERRUPTED
        if self.service_fault is not None and self.done == 0:
            return self.service_fault.exit_code
        if self.failed and self.done == 0 and self.missing == self.failed:
            return MISSING
        if self.failed and self.done == 0 and self.refused == self.failed:
            return NO_SERVICE
        if self.failed or (self.unproved and coverage == "fail"):
            return SOME_FAILED
        if self.service_fault is not None:
            return SOME_FAILED
        return LIMIT if stop.limit else OK

    def why(self, stop: Stop) -> str | None:
        """One line on why the run ended before everything was done."""
        if self.service_fault is not None:
            hint = f" ({self.service_fault.hint})" if self.service_fault.hint else ""
            return f"{self.service_fault.message}{hint}"
        if stop.interrupted:
            return "interrupted: what had finished is kept, run again to finish the rest"
        return "stopped at a limit: run again to go on" if stop.limit else None
