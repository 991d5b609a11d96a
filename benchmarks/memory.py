"""How much memory does a ten-hour recording take?

    python benchmarks/memory.py [--hours 10] [--sessions 8]

Noise made by ffmpeg: once without any pause, as WAV of the kind the service takes (to cut it the speech detector is
asked, which brings its own runtime), and once with pauses, as FLAC, which must be converted. The scripted ear in a
host of its own, audio sent as fast as it is taken. Resident memory of the runner, ten times a second. Target: under
150 MB.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from expected import exact
from measuring import CACHE, PIPELINE, host, succeeded, table
from sounds import encoded

MOST_MB = 150
NOISE = "anoisesrc=r=16000:a=0.1:seed=1"
PAUSES = ",volume='if(lt(mod(t,10),9.5),1,0)':eval=frame"
SOUNDS = {"wav": (NOISE, "-c:a", "pcm_s16le"), "flac": (NOISE + PAUSES, "-c:a", "flac", "-compression_level", "0")}


def measure(suffix: str, hours: float, sessions: int) -> list[object]:
    source, *codec = SOUNDS[suffix]
    audio = encoded(CACHE / f"noise/{hours:g}h/hours.{suffix}", source, hours * 3600, *codec)
    with tempfile.TemporaryDirectory(dir=CACHE) as out, host() as url:
        command = [*PIPELINE, "transcribe", audio, "-o", out, "--service", url, "--progress", "none"]
        paid = succeeded([*command, "--sessions", sessions, "--set", "service.upload_speed=1000"])
        transcript = Path(out, "hours.json")
        chunks = len(json.loads(transcript.read_text(encoding="utf-8"))["sessions"])
        whole = exact(transcript, audio) if suffix == "wav" else "-"
    return [
        f"{hours:g} h {suffix}, {audio.stat().st_size / 1e6:.0f} MB",
        f"{paid.memory_mb:.0f}",
        "yes" if paid.memory_mb < MOST_MB else "no",
        f"{paid.all_mb:.0f}",
        chunks,
        {True: "yes", False: "NO"}.get(whole, whole),
        f"{paid.wall_s:.0f}",
        f"{paid.cpu_s / hours:.1f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--sessions", type=int, default=8)
    asked = parser.parse_args()
    heads = [
        "recording",
        "RSS MB",
        f"< {MOST_MB} MB",
        "with supervisor and ffmpeg",
        "chunks",
        "exact",
        "wall s",
        "CPU s/h",
    ]
    print(table(heads, [measure(suffix, asked.hours, asked.sessions) for suffix in SOUNDS]))


if __name__ == "__main__":
    main()
