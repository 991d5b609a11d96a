"""What is the SHA-256 of a recording, without making anybody wait for it?"""

from __future__ import annotations

import hashlib
import os
import threading
from typing import BinaryIO

from pipeline.errors import Interrupted

_BLOCK_BYTES = 1 << 20


class Hashing:
    """The SHA-256 of an open file, on a thread beside the decoder. Leaving the `with` stops it at the next block."""

    def __init__(self, stream: BinaryIO):
        self._descriptor = stream.fileno()
        self._abandoned = threading.Event()
        self._digest = hashlib.sha256()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._work, name="hashing", daemon=True)

    def __enter__(self) -> Hashing:
        self._thread.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._abandoned.set()
        self._thread.join()

    def result(self, stop: threading.Event | None) -> str:
        """Raises OSError, Interrupted."""
        while self._thread.is_alive():
            self._thread.join(timeout=0.25)
            if stop is not None and stop.is_set():
                raise Interrupted("stopped while hashing")
        if self._error is not None:
            raise self._error
        return self._digest.hexdigest()

    def _work(self) -> None:
        at = 0
        try:
            # pread: the header parser moves the same descriptor's position.
            while not self._abandoned.is_set() and (block := os.pread(self._descriptor, _BLOCK_BYTES, at)):
                self._digest.update(block)
                at += len(block)
        except OSError as error:
            self._error = error
