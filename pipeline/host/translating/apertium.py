"""How are texts translated by the Apertium that the system's packages installed?

Rules and dictionaries: understandable between close languages, rough from English. One apertium-apy serves all pairs;
a process for every sentence would cost a quarter of a second each.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import threading
from pathlib import Path
from urllib.parse import urlencode

from pipeline.host.translating.codes import THREE, two
from pipeline.host.translating.routes import Pair
from pipeline.host.translating.translator import ROUGH, Offer, TranslationFailed, TranslatorMissing

DATA = Path("/usr/share/apertium")
PROGRAM = "apertium-apy"
ANSWER_WITHIN_S = 30.0
_LAUNCHER = Path(__file__).with_name("apy_on_loopback.py")
_MODE = re.compile(r"([a-z]{2,3})-([a-z]{2,3})")


def installed_pairs(data: Path = DATA) -> dict[Pair, str]:
    """Every pair that is installed, as ISO 639-1 codes, and what apertium-apy calls it."""
    found = {}
    for mode in sorted(data.glob("modes/*.mode")):
        match = _MODE.fullmatch(mode.stem)
        codes = tuple(two(part) for part in match.groups()) if match else ()
        if len(codes) == 2 and codes[0] and codes[1]:
            found[codes[0], codes[1]] = "|".join(THREE[code] for code in codes if code)
    return found


def installed(data: Path = DATA) -> bool:
    return shutil.which(PROGRAM) is not None and bool(installed_pairs(data))


class ApertiumTranslator:
    """Starts apertium-apy when it is first needed, and again should it have died."""

    name = f"apertium ({ROUGH})"

    def __init__(self, data: Path = DATA):
        if not installed(data):
            raise TranslatorMissing(
                "Apertium is not installed: apt-get install apertium apertium-apy apertium-eng-spa apertium-eng-cat"
            )
        self._data = data
        self._names = installed_pairs(data)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    def pairs(self) -> tuple[Pair, ...]:
        return tuple(sorted(self._names))

    def offers(self) -> tuple[Offer, ...]:
        sources = sorted({source for source, _ in self._names})
        return tuple(
            Offer((source,), tuple(there for here, there in self.pairs() if here == source), "apertium", ROUGH)
            for source in sources
        )

    def supports(self, source: str, target: str) -> bool:
        return (two(source), two(target)) in self._names

    def translate(self, texts: list[str], source: str, target: str) -> list[str]:
        name = self._names.get((two(source) or "", two(target) or ""))
        if name is None:
            raise TranslationFailed(f"no translation from {source} to {target}")
        return [self._ask(name, text) if text.strip() else "" for text in texts]

    def close(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            _close_pipes(process)

    def _ask(self, pair: str, text: str) -> str:
        wanted = urlencode({"langpair": pair, "q": text, "markUnknown": "no"})
        connection = http.client.HTTPConnection("127.0.0.1", self._listening(), timeout=ANSWER_WITHIN_S)
        try:
            connection.request(
                "POST",
                "/translate",
                wanted,
                {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
            )
            answer = connection.getresponse()
            content = json.loads(answer.read())
            if answer.status != http.HTTPStatus.OK:
                raise TranslationFailed(f"apertium: {content.get('explanation') or answer.reason}")
            return _readable(content["responseData"]["translatedText"])
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            raise TranslationFailed(f"apertium: {type(error).__name__}: {error}") from error
        finally:
            connection.close()

    def _listening(self) -> int:
        """The port of a running apertium-apy."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process, self._port = self._start()
            return self._port

    def _start(self) -> tuple[subprocess.Popen[str], int]:
        command = [*_interpreter(), str(_LAUNCHER), "--port", "0", "--num-processes", "1", str(self._data)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.strip().isdigit():
            process.kill()
            status = process.wait()
            _close_pipes(process)
            raise TranslationFailed(f"{PROGRAM} did not start: exit status {status}")
        return process, int(line)


def _interpreter() -> list[str]:
    """The Python that apertium-apy's first line names: the one that has its libraries."""
    path = shutil.which(PROGRAM)
    first = Path(path).read_text(encoding="utf-8", errors="replace").partition("\n")[0] if path else ""
    if not first.startswith("#!"):
        raise TranslationFailed(f"{path or PROGRAM} is no Python script")
    # -I: the host's environment and folder say nothing to a program that is not ours.
    return [*first[2:].split(), "-I"]


def _readable(text: str) -> str:
    """Without Apertium's marks before words it knows but cannot inflect, or cannot generate."""
    return re.sub(r"(?<!\S)[#@*]+(?=\w)", "", text).strip()


def _close_pipes(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
