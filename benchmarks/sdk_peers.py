"""How do other ways of running the Speech SDK over a folder compare, against the same host?

    python benchmarks/sdk_peers.py [--rounds 3] [--at-once 32] [--install]

200 recordings of 10 s and 20 of 60 s, the scripted ear. Ours is the whole command: hashing, proof of coverage, JSON,
SRT, TXT, ledger and manifest. Beside it: the least program (threads, results thrown away; see bare.py); the loop of the
documentation's sample, one file after another, measured on five files and multiplied, since nothing in it overlaps;
batchkit 0.10.4 as shipped, with its stop() in the callback mended, and with its speed limit lifted too
(batchkit_client.py says how it is made to run; in an environment of its own in the cache folder, made by --install).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from measuring import CACHE, PIPELINE, PROJECT, Cost, cost, host, spread, succeeded, table
from sounds import noise

SETS = {"200 x 10 s": (200, 10.0), "20 x 60 s": (20, 60.0)}
SAMPLED = 5
PEER = CACHE / "batchkit"
PEER_NEEDS = ("cerberus", "deepdiff", "flask", "jsonpickle", "mock", "psutil", "pyinotify", "pyyaml", "requests")
SPEECH_NEEDS = ("audiofile", "azure-core", "azure-cognitiveservices-speech==1.53.0", "setuptools<81")
# As shipped it takes ten seconds a file, and a batch in which a session is lost may never end.
PEER_LIMIT_S = 400.0


@dataclass(frozen=True)
class Done:
    """A cost, and how many results were delivered."""

    cost: Cost
    files: int


Client = Callable[[str, Path, int], Done]


def ours(url: str, folder: Path, at_once: int) -> Done:
    with tempfile.TemporaryDirectory() as out:
        service = ["--service", url, "--sessions", str(at_once), "--set", "service.upload_speed=1000"]
        paid = succeeded([*PIPELINE, "transcribe", folder, "-o", out, *service, "--progress", "none"])
        return Done(paid, len(list(Path(out).glob("*.srt"))))


def least(url: str, folder: Path, at_once: int) -> Done:
    program = [sys.executable, PROJECT / "benchmarks/bare.py", url, folder]
    return Done(succeeded([*program, "--at-once", str(at_once)]), len(list(folder.glob("*.wav"))))


def documented(url: str, folder: Path, at_once: int) -> Done:
    program = [sys.executable, PROJECT / "benchmarks/bare.py", url, folder, "--one-by-one", "--first", str(SAMPLED)]
    files = len(list(folder.glob("*.wav")))
    paid = succeeded(program)
    times = files / SAMPLED
    return Done(replace(paid, wall_s=paid.wall_s * times, cpu_s=paid.cpu_s * times), files)


def batchkit(*mends: str) -> Client:
    def run(url: str, folder: Path, at_once: int) -> Done:
        with tempfile.TemporaryDirectory() as out:
            program = [PEER / "bin/python", PROJECT / "benchmarks/batchkit_client.py", url, folder, out]
            paid = cost([*program, "--at-once", str(at_once), *mends], limit_s=PEER_LIMIT_S)
            return Done(paid, sum(1 for path in Path(out).glob("*.json") if path.name != "run_summary.json"))

    return run


CLIENTS: dict[str, Client] = {
    "speech-pipeline": ours,
    "least program": least,
    "documentation's loop": documented,
}
PEERS: dict[str, Client] = {
    "batchkit, stop() mended": batchkit("--mended"),
    "batchkit, mended and uncapped": batchkit("--mended", "--uncapped"),
    "batchkit as shipped": batchkit(),
}


def install() -> None:
    venv.create(PEER, with_pip=True)
    pip = [PEER / "bin/pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "batchkit==0.10.4"], check=True)
    subprocess.run([*pip, *PEER_NEEDS, *SPEECH_NEEDS], check=True)


def rows(name: str, clients: dict[str, Client], rounds: int, at_once: int) -> list[list[object]]:
    folder = noise("sdk", *SETS[name])
    found: dict[str, list[Done]] = {title: [] for title in clients}
    with host() as url:
        for number in range(rounds):
            for title, client in clients.items():
                # Minutes a round, and always the same: once is enough.
                if number == 0 or title not in ("documentation's loop", "batchkit as shipped"):
                    found[title].append(client(url, folder, at_once))
    wall_s, cpu_s = (median(getattr(one.cost, key) for one in found["speech-pipeline"]) for key in ("wall_s", "cpu_s"))
    return [
        [
            name,
            title,
            spread([one.cost.wall_s for one in done], 1),
            f"{median(one.cost.wall_s for one in done) / wall_s:.1f}x",
            spread([one.cost.cpu_s for one in done], 1),
            f"{median(one.cost.cpu_s for one in done) / cpu_s:.1f}x",
            f"{max(one.cost.all_mb for one in done):.0f}",
            f"{min(one.files for one in done)} of {SETS[name][0]}",
        ]
        for title, done in found.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    asked = parser.parse_args()
    if asked.install and not (PEER / "bin/python").exists():
        install()
    clients = dict(CLIENTS)
    if (PEER / "bin/python").exists():
        clients |= PEERS
    else:
        print(f"batchkit is not in {PEER}: left out (run with --install)", file=sys.stderr)
    heads = ["files", f"client, {asked.at_once} at once", "wall s", "of ours", "CPU s", "of ours", "MB", "delivered"]
    print(table(heads, [row for name in asked.sets for row in rows(name, clients, asked.rounds, asked.at_once)]))


if __name__ == "__main__":
    main()
