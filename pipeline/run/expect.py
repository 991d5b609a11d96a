"""How much audio is there, and how much of it is heard?

Opening every recording before the start would cost more than it tells, so a recording's length is guessed from its
size by the bytes a second of those that were opened already, until it is opened itself.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from pipeline.run.events import Progress
from pipeline.run.plan import Job

# 128 kbit/s, until the first recording is opened.
FIRST_BYTES_PER_MS = 16.0


class Expectation:
    """Shared by all jobs of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._unopened_bytes = 0
        self._opened_bytes = 0
        self._opened_ms = 0
        self._heard_ms = 0

    def plan(self, jobs: Sequence[Job]) -> None:
        self._unopened_bytes = sum(job.source.bytes for job in jobs)

    def learn(self, job: Job, audio_ms: int) -> None:
        """A recording was opened and is this long."""
        with self._lock:
            self._unopened_bytes -= job.source.bytes
            self._opened_bytes += job.source.bytes
            self._opened_ms += audio_ms

    def heard(self, ms: int) -> None:
        """So much more audio was heard."""
        with self._lock:
            self._heard_ms += ms

    def progress(self) -> Progress:
        with self._lock:
            rate = self._opened_bytes / self._opened_ms if self._opened_ms else FIRST_BYTES_PER_MS
            guessed_ms = max(0, self._unopened_bytes) / max(rate, 0.1)
            return Progress(self._heard_ms, round(self._opened_ms + guessed_ms))
