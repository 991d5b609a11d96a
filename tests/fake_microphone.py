"""A microphone without hardware: an ALSA device that reads a FIFO, and a writer that fills it at the speed of sound.

The SDK reads 464 bytes at a time; blocks of that size arrive bit for bit, from the first on, and silence follows.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

BLOCK_BYTES = 464
BYTES_PER_S = 32_000
NAME = "fakemic"
_CONFIG = """
</usr/share/alsa/alsa.conf>
pcm.nothing {{ type null  hint.show off }}
pcm.{name} {{
  type file  slave.pcm nothing  file /dev/null  infile "{fifo}"  format raw
  hint {{ show on  description "A pipe for a microphone" }}
}}
pcm.!default {{ type file  slave.pcm nothing  file /dev/null  infile "{fifo}"  format raw }}
"""


@contextlib.contextmanager
def fake_microphone(folder: Path, samples: bytes, speed: float = 1.0) -> Iterator[dict[str, str]]:
    """The environment in which `samples` (16 kHz, 16-bit, mono) are what the microphone hears.

    Time flies for it when `speed` is above 1: the SDK takes what comes.
    """
    fifo = folder / "microphone"
    os.mkfifo(fifo)
    (folder / "asound.conf").write_text(_CONFIG.format(name=NAME, fifo=fifo))
    over = threading.Event()
    writer = threading.Thread(target=_speak, args=(fifo, samples, speed, over))
    writer.start()
    try:
        yield {"ALSA_CONFIG_PATH": str(folder / "asound.conf")}
    finally:
        over.set()
        writer.join()


def no_microphone(folder: Path) -> dict[str, str]:
    """The environment of a machine without one."""
    (folder / "asound.conf").write_text("</usr/share/alsa/alsa.conf>\n")
    return {"ALSA_CONFIG_PATH": str(folder / "asound.conf")}


def _speak(fifo: Path, samples: bytes, speed: float, over: threading.Event) -> None:
    """Whoever opens the microphone hears everything from the start."""
    while not over.is_set():
        descriptor = _opened(fifo, over)
        if descriptor is None:
            return
        with contextlib.suppress(BrokenPipeError):
            _pace(descriptor, samples, speed * BYTES_PER_S, over)
        os.close(descriptor)


def _opened(fifo: Path, over: threading.Event) -> int | None:
    while not over.wait(0.01):
        try:
            descriptor = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:  # nobody reads yet
                raise
        else:
            os.set_blocking(descriptor, True)
            return descriptor
    return None


def _pace(descriptor: int, samples: bytes, bytes_per_s: float, over: threading.Event) -> None:
    began, at = time.monotonic(), 0
    while not over.is_set():
        os.write(descriptor, samples[at : at + BLOCK_BYTES].ljust(BLOCK_BYTES, b"\0"))
        at += BLOCK_BYTES
        time.sleep(max(0.0, began + at / bytes_per_s - time.monotonic()))
