"""What happens when the native library takes the process down?

The run is a child of a small supervisor that has loaded nothing native. A child that dies by a signal of its own
(SIGSEGV, SIGABRT, ...) is started again and resumes from the ledger; one that was killed, or ended by itself, is not.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

log = logging.getLogger(__name__)

# What a process does to itself; SIGKILL and SIGTERM are somebody else's will.
CRASHES = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE})
MOST_CRASHES = 100
PR_SET_PDEATHSIG = 1
HANDED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def supervise(work: Callable[[int], int], crashed: Callable[[str], bool]) -> int:
    """Run `work(crashes so far)` in a child process until it ends by itself; its exit code.

    `crashed(signal name)` is told of each crash and answers whether to go on. Call it before any thread is started.
    """
    if not hasattr(os, "fork"):
        return work(0)
    for crashes in range(MOST_CRASHES):
        status = _wait(_child(work, crashes))
        if not os.WIFSIGNALED(status):
            return os.waitstatus_to_exitcode(status)
        died_of = os.WTERMSIG(status)
        if died_of not in CRASHES or not crashed(signal.Signals(died_of).name):
            return 128 + died_of
    return 128 + died_of


def _child(work: Callable[[int], int], crashes: int) -> int:
    """Fork. The child ends without the parent's cleanup; it has a process group of its own, so that Ctrl-C in a
    terminal reaches the supervisor alone, which hands it on: twice would mean "at once"."""
    sys.stdout.flush()
    sys.stderr.flush()
    supervisor = os.getpid()
    # A signal between the fork and the first handler would be lost: it waits until both sides are ready.
    signal.pthread_sigmask(signal.SIG_BLOCK, HANDED_ON)
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setpgid(0, 0)
        _die_with(supervisor)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDED_ON)
        code = work(crashes)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait(pid: int) -> int:
    """The child's wait status; signals that ask us to end are handed on to it."""

    def hand_on(number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    before = {number: signal.signal(number, hand_on) for number in HANDED_ON}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDED_ON)
    try:
        return os.waitpid(pid, 0)[1]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _die_with(supervisor: int) -> None:
    """A supervisor that is killed takes its child along (Linux); elsewhere the child finishes alone."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:
        os._exit(128 + signal.SIGKILL)
