"""Does the last session end when the others do?

    python benchmarks/makespan.py [--sessions 60]

One recording of three hours and two hundred of ten seconds in one folder, twice real time. Without any loss a folder
would take its audio divided by sessions and speed; what is above that is start-up, cutting, uneven ends and clearing
up. (The SDK sends the first five seconds of each session at once, which gives a little back.) Target: within 5%.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from expected import exact
from measuring import PIPELINE, host, succeeded, table
from sounds import length_s, noise

SPEED = 2.0
MOST = 1.05


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--short", type=int, default=200)
    asked = parser.parse_args()
    files = [*noise("hours", 1, asked.hours * 3600).glob("*.wav"), *noise("clip", asked.short, 10.0).glob("*.wav")]
    with tempfile.TemporaryDirectory(dir=files[0].parent) as scratch, host() as url:
        folder, out = Path(scratch, "in"), Path(scratch, "out")
        folder.mkdir()
        for path in files:
            os.link(path, folder / path.name)
        command = [*PIPELINE, "transcribe", folder, "-o", out, "--service", url, "--progress", "none"]
        paid = succeeded([*command, "--sessions", asked.sessions, "--set", f"service.upload_speed={SPEED}"])
        entries = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["files"]
        whole = sum(exact(Path(out, one["source"]).with_suffix(".json"), folder / one["source"]) for one in entries)
    least_s = length_s(files) / (asked.sessions * SPEED)
    heads = ["folder", "sessions", "audio / (sessions x speed), s", "wall s", "ratio", f"<= {MOST}", "exact", "CPU s"]
    row = [
        f"1 x {asked.hours:g} h + {asked.short} x 10 s",
        asked.sessions,
        f"{least_s:.1f}",
        f"{paid.wall_s:.1f}",
        f"{paid.wall_s / least_s:.3f}",
        "yes" if paid.wall_s <= MOST * least_s else "no",
        f"{whole} of {len(files)}",
        f"{paid.cpu_s:.1f}",
    ]
    print(table(heads, [row]))


if __name__ == "__main__":
    main()
