"""How much does the pipeline cost beside what the SDK's upload costs anyway?

    python benchmarks/overhead.py [--rounds 3] [--sets short medium long]

CPU seconds of our process (start-up, hashing, proof, outputs and ledger included; the host is a process apart) for an
hour of audio, against the least program that sends the same WAV files to the same host and throws the results away.
The scripted ear makes a phrase of ten words every five seconds. Target: at most 1.3 times the 8.8 CPU seconds an hour
that the SDK alone was measured to take for one long file (another day, this kind of machine).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from measuring import PIPELINE, PROJECT, Cost, host, spread, succeeded, table
from sounds import length_s, noise

TARGET = 1.3
UPLOAD_S = 8.8
SESSIONS = 8
# name -> (files, seconds each): an hour of audio each.
SETS = {"short": (360, 10.0), "medium": (60, 60.0), "long": (1, 3600.0)}


def ours(url: str, folder: Path) -> Cost:
    with tempfile.TemporaryDirectory() as out:
        service = ["--service", url, "--sessions", str(SESSIONS), "--set", "service.upload_speed=1000"]
        command = [*PIPELINE, "transcribe", folder, "-o", out, *service, "--progress", "none"]
        return succeeded(command)


def bare(url: str, folder: Path) -> Cost:
    return succeeded([sys.executable, PROJECT / "benchmarks/bare.py", url, folder, "--at-once", str(SESSIONS)])


def measure(name: str, rounds: int) -> list[object]:
    count, seconds = SETS[name]
    folder = noise(name, count, seconds)
    hours = length_s(sorted(folder.glob("*.wav"))) / 3600
    pairs = []
    with host() as url:
        for _ in range(rounds):
            pairs.append((bare(url, folder), ours(url, folder)))
    ratios = [mine.cpu_s / least.cpu_s for least, mine in pairs]
    return [
        f"{count} x {seconds:g} s",
        spread([least.cpu_s / hours for least, _ in pairs], 1),
        spread([mine.cpu_s / hours for _, mine in pairs], 1),
        spread(ratios),
        f"{median(mine.cpu_s for _, mine in pairs) / hours / UPLOAD_S:.2f}",
        f"{median(least.wall_s for least, _ in pairs):.1f} / {median(mine.wall_s for _, mine in pairs):.1f}",
        f"{max(mine.memory_mb for _, mine in pairs):.0f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    asked = parser.parse_args()
    beside = f"beside {UPLOAD_S} s/h (target {TARGET})"
    heads = ["files", "bare SDK, CPU s/h", "ours, CPU s/h", "ratio", beside, "wall s, bare / ours", "our MB"]
    print(table(heads, [measure(name, asked.rounds) for name in asked.sets]))


if __name__ == "__main__":
    main()
