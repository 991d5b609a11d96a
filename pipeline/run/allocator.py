"""How is memory that hundreds of short-lived threads have freed used again, or given back?"""

from __future__ import annotations

import contextlib
import ctypes

_M_ARENA_MAX = -8


def share_one_arena() -> None:
    """Have all threads allocate from one place, where the C library is glibc; call it before there are threads.

    By default it gives each of the first threads an arena of its own, and what one frees the others cannot use: 20 MB
    more at a hundred sessions, 60 MB more for a long recording, and not a CPU second saved (docs/performance.md).
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return what the C library holds free to the system: the audio that sessions had in flight, some 20 MB."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
