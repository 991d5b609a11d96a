"""Do a hundred sessions at once all get the speed of the cloud's own throttle, and what do they cost?

    python benchmarks/sessions.py [--sessions 100] [--seconds 60]

One recording a session, twice real time, the scripted ear in a host of its own. A session sustains the throttle when
its connection, from upgrade to close as the host saw it, lasted no longer than half its recording; the transcripts
are held against what the ear says to that audio. Targets: all sustain, and less than 250 MB resident.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from pathlib import Path

from expected import exact
from measuring import PIPELINE, host, succeeded, table
from sounds import noise

SPEED = 2.0
MOST_MB = 250


class Clock:
    """When each session of a host began and ended, by what it tells a named pipe."""

    def __init__(self, pipe: Path):
        os.mkfifo(pipe)
        self._pipe = pipe
        self._began: dict[int, float] = {}
        self.took_s: list[float] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe.open(encoding="utf-8") as lines:
            for line in lines:
                event, now = json.loads(line), time.perf_counter()
                if event["event"] == "upgrade":
                    self._began[event["session"]] = now
                elif event["event"] == "closed":
                    self.took_s.append(now - self._began[event["session"]])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    folder = noise("session", asked.sessions, asked.seconds)
    with tempfile.TemporaryDirectory() as scratch:
        out, pipe = Path(scratch, "out"), Path(scratch, "record")
        clock = Clock(pipe)
        with host("--record", str(pipe)) as url:
            command = [*PIPELINE, "transcribe", folder, "-o", out, "--service", url, "--progress", "none"]
            paid = succeeded([*command, "--sessions", asked.sessions, "--set", f"service.upload_speed={SPEED}"])
        entries = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["files"]
        whole = sum(
            exact(Path(out, entry["source"]).with_suffix(".json"), folder / entry["source"]) for entry in entries
        )
    speeds = sorted(asked.seconds / took_s for took_s in clock.took_s)
    hours = asked.sessions * asked.seconds / 3600
    sustained = sum(speed >= SPEED for speed in speeds)
    heads = ["sessions", "sustained 2x", "slowest / median", "exact", "wall s", "CPU s/h", "RSS MB", f"< {MOST_MB} MB"]
    row = [
        asked.sessions,
        f"{sustained} of {len(speeds)}",
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
