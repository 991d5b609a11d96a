"""How long does it take to do nothing?

    python benchmarks/startup.py [--files 100000] [--rounds 5] [--profile]

`--help`, and a second run over a folder in which everything is done: the walk, a look at every output, the manifest.
The hundred thousand files are empty and the ledger is planted through the project's own code, since a real first run
would take an hour. Targets: 0.3 s and 3 s.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import PIPELINE, PROJECT, Cost, spread, succeeded, table

from pipeline.config.load import build
from pipeline.discover import discover
from pipeline.run.entries import of_done
from pipeline.run.ledger import Identity, Ledger
from pipeline.run.runner import STATE
from pipeline.run.settings import job_settings
from pipeline.values import Done, Output

HELP_S, NOTHING_S = 0.3, 3.0
PER_FOLDER = 1_000
SUFFIXES = (".json", ".srt", ".txt")


def plant(inbox: Path, out: Path, files: int) -> None:
    """A folder of empty recordings, all of which the ledger knows as done, with their (empty) outputs."""
    for number in range(files):
        folder = inbox / f"folder-{number // PER_FOLDER:05}"
        if number % PER_FOLDER == 0:
            folder.mkdir(parents=True)
            (out / folder.name).mkdir(parents=True)
        (folder / f"recording-{number:07}.wav").touch()
    config = build({"input": {"paths": [str(inbox)]}, "output": {"folder": str(out)}, "service": {"kind": "local"}}, [])
    settings = job_settings(config)
    ledger = Ledger(out / STATE)
    for source in discover(config.input, out, [], lambda problem: None):
        outputs = tuple(Output(source.output + suffix, "0" * 64, 0) for suffix in SUFFIXES)
        for output in outputs:
            (out / output.path).touch()
        done = Done(source.name, 1000, 0.1, 1, 1, outputs, sha256="0" * 64, languages=("en-US",), coverage="pass")
        keys = (settings.recognition_key, settings.output_key)
        identity = Identity(source.name, source.output, source.bytes, source.mtime_ns, "0" * 64, *keys)
        ledger.record(identity, "done", of_done(done), "planted", None)
    ledger.close()


def profile(command: list[str | Path]) -> None:
    """Where the time goes, by py-spy's samples, on standard error."""
    raw = Path(tempfile.gettempdir()) / "startup.txt"
    spy = ["py-spy", "record", "-r", "500", "-f", "raw", "-o", raw, "--subprocesses", "--", *command]
    subprocess.run([Path(sys.executable).parent / spy[0], *spy[1:]], check=True, capture_output=True)
    print(f"stacks with their samples: {raw}", file=sys.stderr)


def row(what: str, costs: list[Cost], target_s: float, memory: str) -> list[object]:
    walls = [one.wall_s for one in costs]
    best = "yes" if min(walls) <= target_s else "no"
    return [what, spread(walls), spread([one.cpu_s for one in costs]), f"{target_s} s: {best}", memory]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    helped = [succeeded([*PIPELINE, "--help"]) for _ in range(asked.rounds)]
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as top:
        inbox, out = Path(top, "in"), Path(top, "out")
        plant(inbox, out, asked.files)
        command = [*PIPELINE, "transcribe", inbox, "-o", out, "--progress", "none"]
        nothing = [succeeded(command) for _ in range(asked.rounds)]
        if asked.profile:
            os.environ["PYTHONPATH"] = str(PROJECT)
            profile(command)
    rows = [
        row("`--help`", helped, HELP_S, f"{max(one.memory_mb for one in helped):.0f}"),
        row(
            f"nothing to do for {asked.files:,} files",
            nothing,
            NOTHING_S,
            f"{max(one.memory_mb for one in nothing):.0f}",
        ),
    ]
    print(table(["what", "wall s", "CPU s", "target", "MB"], rows))


if __name__ == "__main__":
    main()
