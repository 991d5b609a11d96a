"""How is the same recording under several names recognised once?

Jobs with the same bytes and settings go one after another: the first one's chunks are in the ledger when the second
looks there. Waiting costs a job's thread, not a session.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Queue:
    lock: threading.Lock = field(default_factory=threading.Lock)
    length: int = 0


class Twins:
    """Shared by all jobs of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[Hashable, _Queue] = {}

    @contextmanager
    def alone(self, key: Hashable) -> Iterator[None]:
        """Nobody else is here with the same key."""
        with self._lock:
            queue = self._queues.setdefault(key, _Queue())
            queue.length += 1
        try:
            with queue.lock:
                yield
        finally:
            with self._lock:
                queue.length -= 1
                if not queue.length:
                    del self._queues[key]
