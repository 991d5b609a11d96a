"""How long does one recording of three hours take, cut at its pauses and recognised in sixty sessions?

    python benchmarks/long.py [--hours 3] [--sessions 60]

Twice real time, as the cloud takes it; a single session would need half the recording's length. The scripted ear's
words are checksums of the audio, so the transcript shows whether anything was lost, doubled or moved at a seam.
Targets: under three minutes for three hours, the transcript exact.
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
TARGET_S = 180


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--sessions", type=int, default=60)
    asked = parser.parse_args()
    folder = noise("hours", 1, asked.hours * 3600)
    audio = next(folder.glob("*.wav"))
    with tempfile.TemporaryDirectory() as out, host() as url:
        command = [*PIPELINE, "transcribe", folder, "-o", out, "--service", url, "--progress", "none"]
        paid = succeeded([*command, "--sessions", asked.sessions, "--set", f"service.upload_speed={SPEED}"])
        transcript = Path(out, audio.name).with_suffix(".json")
        tree = json.loads(transcript.read_text(encoding="utf-8"))
        whole = exact(transcript, audio)
    alone_s = asked.hours * 3600 / SPEED
    heads = [
        "recording",
        "sessions",
        "wall s",
        f"< {TARGET_S} s",
        "one session s",
        "chunks",
        "exact",
        "CPU s/h",
        "RSS MB",
    ]
    row = [
        f"{asked.hours:g} h",
        asked.sessions,
        f"{paid.wall_s:.1f}",
        "yes" if paid.wall_s < TARGET_S else "no",
        f"{alone_s:.0f}",
        len(tree["sessions"]),
        "yes" if whole else "NO",
        f"{paid.cpu_s / asked.hours:.1f}",
        f"{paid.memory_mb:.0f}",
    ]
    print(table(heads, [row]))


if __name__ == "__main__":
    main()
