"""What does the stress test hold against what: ledgers, outputs, what the hosts wrote down?"""

from __future__ import annotations

import json
import sqlite3
import urllib.request
import wave
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

RATE_HZ = 16_000
LONG_S, CHUNK_S = 40, 10
SHOWN = 5


def make_recordings(inbox: Path, short: int, long: int) -> int:
    """Noise that nobody has heard before: `short` recordings of 1 to 3 s and `long` ones; how many chunks they are."""
    inbox.mkdir(parents=True)
    chance = np.random.default_rng(0)
    for number in range(short):
        _noise(inbox / f"short-{number:05}.wav", 1 + (number % 9) / 4, chance)
    for number in range(long):
        _noise(inbox / f"long-{number:03}.wav", LONG_S, chance)
    return short + long * LONG_S // CHUNK_S


def _noise(path: Path, seconds: float, chance: np.random.Generator) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(chance.integers(-8000, 8000, round(seconds * RATE_HZ), dtype=np.int16).tobytes())


class Acknowledged:
    """Which session gave which chunk, as the ledger had it after each blow: it may never change again."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, int, int], str] = {}
        self.changed = 0

    @property
    def count(self) -> int:
        return len(self._sessions)

    def look(self, output: Path) -> None:
        for key, session in _chunks(output / ".speech-pipeline" / "ledger.sqlite"):
            self.changed += self._sessions.setdefault(key, session) != session


def _chunks(ledger: Path) -> Iterator[tuple[tuple[str, int, int], str]]:
    """(bytes, start, end) and session of every chunk, whether it is still a checkpoint or in a transcript."""
    if not ledger.exists():
        return
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=30) as db:
        for sha256, start_ms, end_ms, body in db.execute("SELECT sha256, start_ms, end_ms, body FROM chunks"):
            yield (sha256, start_ms, end_ms), _unpacked(body)["result"]["session_id"]
        for sha256, body in db.execute("SELECT sha256, body FROM transcripts"):
            for session in _unpacked(body)["sessions"]:
                yield (sha256, session["start_ms"], session["end_ms"]), session["id"]
    db.close()


def _unpacked(body: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(zlib.decompress(body))
    return content


def faults_struck(urls: Sequence[str]) -> Counter[str]:
    """Faults by kind, as the hosts count them."""
    found: Counter[str] = Counter()
    for url in urls:
        with urllib.request.urlopen(f"http{url.removeprefix('ws')}/health", timeout=10) as answer:
            found.update(json.load(answer)["faults"])
    return found


def sessions_heard(journals: Sequence[Path]) -> int:
    """Sessions that were heard to the end, whether or not their result was still wanted."""
    found = 0
    for journal in journals:
        struck: set[int] = set()
        for line in journal.read_text("utf-8").splitlines():
            event = json.loads(line)
            if event["event"] == "fault":
                struck.add(event["session"])
            elif event["event"] == "closed":
                found += event["phrases"] > 0 and event["session"] not in struck
    return found


def differences(calm: Path, ill: Path) -> list[str]:
    """Every output that is not what it is without faults."""
    expected, found = _outputs(calm), _outputs(ill)
    told = [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    told += [f"{name} should not be there" for name in sorted(found.keys() - expected.keys())]
    told += [f"{name} differs" for name in sorted(expected.keys() & found.keys()) if expected[name] != found[name]]
    return told[:SHOWN] + ([f"... {len(told)} differences in all"] if len(told) > SHOWN else [])


def _outputs(folder: Path) -> dict[str, bytes]:
    """Outputs by name, JSON without the sessions that were held for it."""
    found = {}
    for path in folder.iterdir():
        if path.suffix in (".srt", ".txt"):
            found[path.name] = path.read_bytes()
        elif path.suffix == ".json" and path.name != "manifest.json":
            content = json.loads(path.read_bytes())
            del content["sessions"]
            found[path.name] = json.dumps(content).encode()
    return found


def left_over(output: Path) -> list[str]:
    """What a run that has ended may not leave behind."""
    scratch = output / ".speech-pipeline" / "scratch"
    left = [*(scratch.rglob("*") if scratch.is_dir() else ()), *output.rglob(".speech-pipeline-*")]
    return [f"left behind: {path.relative_to(output)}" for path in left[:SHOWN]]
