"""The commands of a page in docs/, run for real, with what the page says they print.

python tests/console_page.py docs/how-to/microphone.md     writes what they print now into the page
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"(?<=```console\n)(.*?)(?=```)", re.DOTALL)
_PORT = "5000"
# What is another number on every machine and at every run.
_CHANGES = (
    (re.compile(r"\d+\.\d+ s\b"), "N s"),
    (re.compile(r"\d+\.\d+x"), "Nx"),
    (re.compile(r"\d{8}T\d{6}"), "TIME"),
    (re.compile(r"127\.0\.0\.1:\d{4,5}\b"), "127.0.0.1:PORT"),
)
# Told every ten seconds only.
_ON_THE_WAY = re.compile(r"^\d+ of \d+ files, .*\n", re.MULTILINE)
# The recogniser may hear a word differently on another processor.
ALIKE = 0.85
TALK_S = 16.0
HOME = "/home/you"


@dataclass(frozen=True)
class Step:
    """One command, and what the page says of it."""

    command: str
    said: str


def steps(block: str) -> list[Step]:
    found: list[list[str]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append([line[2:]])
        else:
            found[-1].append(line)
    return [Step(command, "\n".join(said)) for command, *said in found]


def blocks(page: str) -> list[list[Step]]:
    return [steps(block) for block in _BLOCK.findall(page)]


class Console:
    """A folder in which commands run one after the other; what a block puts in the background ends with it."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        (folder / "data").symlink_to(ROOT / "data")
        self._folder = folder
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._environment = {**os.environ, **environment, "PATH": path, "COLUMNS": "120"}

    @contextlib.contextmanager
    def block(self) -> Iterator[_Block]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        block = _Block(self._folder, self._environment, port)
        try:
            yield block
        finally:
            block.end()


class _Block:
    def __init__(self, folder: Path, environment: dict[str, str], port: str):
        self._folder = folder
        self._environment = environment
        self._port = port
        self._background: list[subprocess.Popen[str]] = []

    def run(self, command: str) -> str:
        """What a command prints, both streams as they come."""
        text = command.replace(_PORT, self._port)
        said = self._begun(text) if text.endswith(" &") else self._done(text)
        said = said.replace(self._port, _PORT).replace(str(self._folder.resolve()), HOME)
        return _ON_THE_WAY.sub("", said).rstrip("\n")

    def end(self) -> None:
        for process in self._background:
            process.terminate()
            process.communicate()

    def _popen(self, command: str, stdin: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _begun(self, command: str) -> str:
        process = self._popen("exec env " + command.removesuffix(" &"), subprocess.DEVNULL)
        self._background.append(process)
        assert process.stdout is not None
        return process.stdout.readline()

    def _done(self, command: str) -> str:
        process = self._popen(command, subprocess.PIPE)
        assert process.stdin is not None
        # Whoever talks into a microphone presses ENTER in the end.
        enter = threading.Timer(TALK_S, _press_enter, [process.stdin])
        if " listen" in command:
            enter.start()
        try:
            assert process.stdout is not None
            return process.stdout.read()
        finally:
            enter.cancel()
            process.wait(60)
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def _press_enter(keyboard: object) -> None:
    with contextlib.suppress(OSError, ValueError):
        keyboard.write("\n")  # type: ignore[attr-defined]
        keyboard.flush()  # type: ignore[attr-defined]


def differences(expected: str, found: str) -> list[str]:
    """The lines that are not alike."""
    wanted, got = _lines(expected), _lines(found)
    if len(wanted) == len(got) and all(_alike(one, other) for one, other in zip(wanted, got, strict=True)):
        return []
    return list(difflib.unified_diff(wanted, got, "the page says", "it printed", lineterm=""))


def _lines(text: str) -> list[str]:
    for pattern, name in _CHANGES:
        text = pattern.sub(name, text)
    return text.splitlines()


def _alike(one: str, other: str) -> bool:
    return one == other or difflib.SequenceMatcher(None, one, other).ratio() >= ALIKE


def rewritten(page: str, console: Console) -> str:
    """The page with what its commands print now."""

    def renewed(match: re.Match[str]) -> str:
        lines = []
        with console.block() as block:
            for step in steps(match[0]):
                said = block.run(step.command)
                lines += [f"$ {step.command}", *([said] if said else [])]
        return "\n".join(lines) + "\n"

    return _BLOCK.sub(renewed, page)


def environment_of(page: Path, folder: Path) -> contextlib.AbstractContextManager[dict[str, str]]:
    """Pages that listen have a microphone that says the weather report."""
    from fake_microphone import fake_microphone

    if page.name != "microphone.md":
        return contextlib.nullcontext({})
    return fake_microphone(folder, (ROOT / "data/samples/weather.wav").read_bytes()[44:])


def main() -> None:
    for name in sys.argv[1:]:
        page = Path(name)
        with tempfile.TemporaryDirectory() as folder, environment_of(page, Path(folder)) as environment:
            page.write_text(rewritten(page.read_text(), Console(Path(folder), environment)))


if __name__ == "__main__":
    main()
