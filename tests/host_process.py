"""A real host process on a free port, for any test: `with running_host(ear="scripted") as host: host.url`."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent
_STOP_S = 10


@dataclass
class Host:
    process: subprocess.Popen[str]
    url: str
    port: int
    model: str

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=10) as answer:
            content: dict[str, Any] = json.load(answer)
        return content

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.terminate()
        try:
            return self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def host_command(**options: Any) -> list[str]:
    """The command line of a host; `options` are its own, with `_` for `-`; True is a flag, None leaves one out."""
    arguments = []
    for name, value in {"ear": "scripted", "parent_pid": os.getpid(), **options}.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            arguments.append(flag)
        elif value is not None:
            arguments += [flag, str(value)]
    return [sys.executable, "-m", "pipeline", "host", *arguments]


@contextlib.contextmanager
def running_host(env: dict[str, str] | None = None, **options: Any) -> Iterator[Host]:
    """A host that listens; it is stopped on the way out."""
    process = subprocess.Popen(
        host_command(**options),
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(env or {})},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f"the host did not start: exit {process.wait()}")
    said = json.loads(line)
    host = Host(process, said["listening"], said["port"], said["model"])
    try:
        yield host
    finally:
        host.stop()
        process.stdout.close()
