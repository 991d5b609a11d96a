"""How is the embedded Speech host started, kept alive and stopped?

It is a process of its own, reached by its URL like any Speech container. It is told our process id, so it ends when
we are killed; when it dies instead, it is started again on the same port and the sessions find it there. It takes
only clients with a key that is made for it here: on a shared machine the loopback address is everybody's.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pipeline
from pipeline.config.schema import ServiceSettings
from pipeline.errors import ConfigError, Missing, PipelineError, ServiceError
from pipeline.host import KEY_VARIABLE

log = logging.getLogger(__name__)

START_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 10.0
# A host that dies more often than this is not worth another start.
MOST_RESTARTS = 100
# The host's exit codes that mean the same for the run.
MEANINGS: dict[int, type[PipelineError]] = {2: ConfigError, 3: Missing}
LAST_WORDS = 5
# The program of this very package: `-m pipeline` would run a `pipeline.py` of the folder that the user is in.
_HOME = str(Path(pipeline.__file__).absolute().parent.parent)
_PROGRAM = (
    "import sys; home = sys.argv.pop(1); sys.path = [path for path in sys.path if path]; "
    "home in sys.path or sys.path.insert(0, home); from pipeline.cli.main import entry; entry()"
)


@dataclass(frozen=True, slots=True)
class Listening:
    """What the host said when it was ready."""

    url: str
    port: int
    model: str | None
    key: str = field(repr=False)


class EmbeddedHost:
    """The host's process. Use as a context manager; `wait` gives its address once it is ready."""

    def __init__(self, service: ServiceSettings):
        self._service = service
        self._key = secrets.token_urlsafe(24)
        self._closing = threading.Event()
        self._ready = threading.Event()
        self._listening: Listening | None = None
        self._error: PipelineError | None = None
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._process: subprocess.Popen[str] | None = None
        self._keeper = threading.Thread(target=self._keep, name="embedded-host", daemon=True)

    def __enter__(self) -> EmbeddedHost:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        if self._process is not None:
            # One that still loads its model has nothing to finish, and no ear for a polite word.
            self._process.terminate() if self._listening else self._process.kill()
        self._keeper.join(STOP_TIMEOUT_S)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def wait(self) -> Listening:
        """Where it listens. Raises Missing, ConfigError or ServiceError where it could not start."""
        if not self._ready.wait(START_TIMEOUT_S):
            raise ServiceError("the local Speech host did not start in time", code="host-start")
        if self._listening is None:
            raise self._error or ServiceError("the local Speech host did not start", code="host-start")
        return self._listening

    def _keep(self) -> None:
        for restart in range(MOST_RESTARTS + 1):
            process = self._process = self._start(self._listening.port if self._listening else 0)
            if self._closing.is_set():
                process.terminate()
            said = threading.Thread(target=_forward, args=(process.stderr, self._words), daemon=True)
            said.start()
            self._hear(process)
            status = process.wait()
            said.join(1.0)
            if self._closing.is_set() or self._listening is None:
                self._give_up(status)
                return
            log.warning("the local Speech host ended with status %s; starting it again", status)
            if self._closing.wait(min(5.0, 0.2 * 2 ** min(restart, 5))):
                return

    def _start(self, port: int) -> subprocess.Popen[str]:
        service = self._service
        command = [sys.executable, "-c", _PROGRAM, _HOME, "host", "--port", str(port), "--parent-pid", str(os.getpid())]
        command += ["--ear", service.ear, "--translator", service.translator]
        if service.ear == "whisper":
            command += ["--model", service.model]
        if service.faults:
            command += ["--faults", service.faults]
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, KEY_VARIABLE: self._key},
        )

    def _hear(self, process: subprocess.Popen[str]) -> None:
        """Read its standard output to the end; the first JSON line says where it listens."""
        assert process.stdout is not None
        for line in process.stdout:
            if self._listening is None and line.startswith("{"):
                said = json.loads(line)
                self._listening = Listening(said["listening"], int(said["port"]), said.get("model"), self._key)
                self._ready.set()

    def _give_up(self, status: int) -> None:
        if self._listening is None:
            words = list(self._words)
            if status in MEANINGS and words:
                # The host says what is wrong on one line and what to do on the next.
                self._error = MEANINGS[status](words[0], hint=" ".join(words[1:]) or None)
            else:
                told = f": {' | '.join(words)}" if words else ""
                self._error = ServiceError(
                    f"the local Speech host ended with status {status} before it was ready{told}", code="host-start"
                )
        self._ready.set()


def _forward(stream: IO[str] | None, words: deque[str]) -> None:
    """The host's own messages go to our log, so that one log tells the whole story; its last ones are kept."""
    for line in stream or ():
        log.info("host: %s", line.rstrip())
        words.append(line.strip().removeprefix("speech-pipeline: "))
