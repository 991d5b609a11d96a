"""Do a hundred sessions at once all get the speed of the cloud's own throttle, and what do they cost?

    python benchmarks/sessions.py [--sessions 100] [--seconds 60]

One recording a session, twice real time, the scripted ear in a host of its own. A session sustains the throttle when
its recording, from the first look to the written outputs, took no longer than half its length; the transcripts are
held against what the ear says to that audio. Targets: all sustain, and less than 250 MB resident.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from expected import exact
from measuring import PIPELINE, host, succeeded, table
from sounds import noise

SPEED = 2.0
MOST_MB = 250


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    folder = noise("session", asked.sessions, asked.seconds)
    with tempfile.TemporaryDirectory() as out, host() as url:
        command = [*PIPELINE, "transcribe", folder, "-o", out, "--service", url, "--progress", "none"]
        paid = succeeded([*command, "--sessions", asked.sessions, "--set", f"service.upload_speed={SPEED}"])
        entries = json.loads((Path(out) / "manifest.json").read_text(encoding="utf-8"))["files"]
        whole = sum(exact(Path(out, entry["source"]).with_suffix(".json"), folder / entry["source"]) for entry in entries)
    speeds = sorted(entry["audio_ms"] / 1000 / entry["took_s"] for entry in entries)
    hours = asked.sessions * asked.seconds / 3600
    sustained = sum(speed >= SPEED for speed in speeds)
    heads = ["sessions", "sustained 2x", "slowest / median", "exact", "wall s", "CPU s/h", "RSS MB", f"< {MOST_MB} MB"]
    row = [
        asked.sessions,
        f"{sustained} of {len(entries)}",
        f"{speeds[0]:.2f}x / {speeds[len(speeds) // 2]:.2f}x",
        f"{whole} of {len(entries)}",
        f"{paid.wall_s:.1f}",
        f"{paid.cpu_s / hours:.1f}",
        f"{paid.memory_mb:.0f} ({paid.all_mb:.0f} with its supervisor)",
        "yes" if paid.all_mb < MOST_MB else "no",
    ]
    print(table(heads, [row]))


if __name__ == "__main__":
    main()
