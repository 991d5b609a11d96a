"""How is an outside program run that may hang, flood its pipes or never end?"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.errors import Interrupted

_LAST_WORDS_BYTES = 8_192
_ANSWER_BYTES = 16 << 20
_GLANCE_S = 0.25


@dataclass(frozen=True, slots=True)
class Ended:
    """`answer` is all of its standard output, `words` the end of its standard error."""

    returncode: int
    answer: bytes
    words: bytes


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a program may take: in all, and without moving on, where `progress` tells how far it is."""

    whole_s: float
    stall_s: float = float("inf")
    progress: Callable[[], int] = int


class TooSlow(Exception):
    """The program was killed: it took `after_s` seconds and had not ended, or stood still."""

    def __init__(self, after_s: float):
        super().__init__(after_s)
        self.after_s = after_s


def run(
    command: Sequence[str],
    patience: Patience,
    *,
    environment: dict[str, str],
    stop: threading.Event | None = None,
    descriptors: Sequence[int] = (),
) -> Ended:
    """Run to the end, in a process group of its own, with no input and no shell.

    The whole group is killed when patience ends, on `stop`, and on any exception. Raises OSError (it cannot be
    started), TooSlow, Interrupted.
    """
    process = subprocess.Popen(
        # os.fsencode gives back the bytes of names that are not UTF-8.
        [os.fsencode(argument) for argument in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=descriptors,
        start_new_session=True,
        env=environment,
    )
    with process:
        try:
            answer, words = _listen(process, patience, stop)
            return Ended(process.wait(), answer, words)
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _listen(process: subprocess.Popen[bytes], patience: Patience, stop: threading.Event | None) -> tuple[bytes, bytes]:
    """Both pipes until they close."""
    assert process.stdout is not None and process.stderr is not None
    answer, words = bytearray(), bytearray()
    began = moved = time.monotonic()
    position = -1
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, answer)
        selector.register(process.stderr, selectors.EVENT_READ, words)
        while selector.get_map():
            for key, _ in selector.select(timeout=_GLANCE_S):
                block = os.read(key.fd, 65_536)
                key.data.extend(block)
                if not block:
                    selector.unregister(key.fileobj)
            del words[:-_LAST_WORDS_BYTES]
            now = time.monotonic()
            if (reached := patience.progress()) != position:
                position, moved = reached, now
            if stop is not None and stop.is_set():
                raise Interrupted("stopped while an outside program was working")
            if now - began > patience.whole_s or now - moved > patience.stall_s or len(answer) > _ANSWER_BYTES:
                raise TooSlow(now - began)
    return bytes(answer), bytes(words)
