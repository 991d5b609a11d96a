"""How long does it take to find N recordings, and how much memory?

    python benchmarks/discover.py [--files 100000] [--per-folder 1000]

Makes the empty files in a temporary folder (in memory where there is /dev/shm) and walks them in a fresh process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import table

TARGET_S, TARGET_MB = 5.0, 200.0
_CHILD = """
import json, resource, sys, time
from pathlib import Path
from pipeline.config.schema import InputSettings
from pipeline.discover import discover
before = resource.getrusage(resource.RUSAGE_SELF)
wall = time.perf_counter()
count = sum(1 for _ in discover(InputSettings(paths=[sys.argv[1]]), Path(sys.argv[1]) / "out"))
after = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "files": count,
    "wall_s": round(time.perf_counter() - wall, 2),
    "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2),
    "rss_mb": round(after.ru_maxrss / 1024, 1),
}))
"""


def plant(top: Path, files: int, per_folder: int) -> None:
    for number in range(files):
        folder = top / f"folder-{number // per_folder:05}"
        if number % per_folder == 0:
            folder.mkdir()
        (folder / f"recording-{number:07}.wav").touch()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--per-folder", type=int, default=1_000)
    asked = parser.parse_args()
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as top:
        plant(Path(top), asked.files, asked.per_folder)
        done = subprocess.run([sys.executable, "-c", _CHILD, top], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    heads = ("recordings", "in folders of", "wall s", "CPU s", "memory MB", "target")
    met = "yes" if found["wall_s"] < TARGET_S and found["rss_mb"] < TARGET_MB else "no"
    target = f"{TARGET_S:.0f} s, {TARGET_MB:.0f} MB: {met}"
    row = (f"{found['files']:,}", f"{asked.per_folder:,}", found["wall_s"], found["cpu_s"], found["rss_mb"], target)
    print(table(heads, [row]))


if __name__ == "__main__":
    main()
