"""How does a run end before it is done?

First ask: begin nothing new, finish what is in flight within the grace. Second ask, or the grace over: abort.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Stop:
    """Shared by the signal handlers, the limits and the run. `soft` and `abort` are what everybody else looks at."""

    def __init__(self, grace_s: float):
        self._grace_s = grace_s
        self._timers: list[threading.Timer] = []
        self.soft = threading.Event()
        self.abort = threading.Event()
        self.interrupted = False
        self.limit = False

    def interrupt(self) -> None:
        """A person or the system wants it to end: once gently, twice at once."""
        if self.interrupted:
            self.abort.set()
        self.interrupted = True
        self._ask()

    def reach_limit(self) -> None:
        """A limit of the command line is reached."""
        self.limit = True
        self._ask()

    def give_up(self) -> None:
        """Going on makes no sense, such as when no endpoint is left."""
        self.soft.set()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Run an action later, unless the run has ended by then."""
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()

    def _ask(self) -> None:
        if not self.soft.is_set():
            self.soft.set()
            self.after(self._grace_s, self.abort.set)
