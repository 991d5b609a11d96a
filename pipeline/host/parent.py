"""When is the process that started this host gone?

A host must not outlive a run that was killed with SIGKILL. A pidfd becomes readable the moment the process ends,
whatever ended it and however many threads or shells lie between; where there is none, the process is asked after.
"""

from __future__ import annotations

import asyncio
import os

_ASK_EVERY_S = 1.0


async def gone(pid: int, stop: asyncio.Event) -> None:
    """Set `stop` when the process ends, at once if it is not there."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        stop.set()
    except (AttributeError, OSError):
        await _asked(pid, stop)
    else:
        await _ended(handle)
        stop.set()


async def _ended(handle: int) -> None:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    loop.add_reader(handle, ended.cancel)
    try:
        await asyncio.wait([ended])
    finally:
        loop.remove_reader(handle)
        os.close(handle)


async def _asked(pid: int, stop: asyncio.Event) -> None:
    while _alive(pid):
        await asyncio.sleep(_ASK_EVERY_S)
    stop.set()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
