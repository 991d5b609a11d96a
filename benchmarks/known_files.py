"""A nightly job over an archive in which nothing is new: how long, and how much memory?

    python benchmarks/known_files.py [--files 1000000] [--formats json,srt,txt]

Every recording is in the ledger and every output in its folder (all empty, planted through the project's own code: a
real first run would take weeks). The run walks the archive, looks at every output, and writes its manifest, twice.
Targets: a million in 30 s and 300 MB.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from measuring import PIPELINE, machine, succeeded, table

from pipeline.config.load import build
from pipeline.config.schema import Config
from pipeline.discover import discover
from pipeline.run.database import Statement
from pipeline.run.entries import of_done
from pipeline.run.ledger import Ledger
from pipeline.run.runner import STATE
from pipeline.run.settings import job_settings
from pipeline.values import Done, Output

PER_FOLDER = 1_000
A_COMMIT = 20_000
TARGET_S, TARGET_MB = 30.0, 300.0
HASH = "0" * 64


def plant(config: Config, inbox: Path, out: Path, files: int) -> None:
    """Empty recordings, their empty outputs, and a ledger that knows them all as done."""
    for number in range(files):
        folder = inbox / f"folder-{number // PER_FOLDER:05}"
        if number % PER_FOLDER == 0:
            folder.mkdir(parents=True)
            (out / folder.name).mkdir(parents=True)
        (folder / f"recording-{number:07}.wav").touch()
    ledger = Ledger(out / STATE)
    rows = _rows(config, out)
    while batch := list(islice(rows, A_COMMIT)):
        ledger._database.write(*batch)
    ledger.close()


def _rows(config: Config, out: Path) -> Iterator[Statement]:
    settings = job_settings(config)
    keys = (settings.recognition_key, settings.output_key)
    insert = "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    for source in discover(config.input, out, [], lambda problem: None):
        outputs = tuple(Output(f"{source.output}.{name}", HASH, 0) for name in config.output.formats)
        for output in outputs:
            (out / output.path).touch()
        entry = of_done(Done(source.name, 1000, 0.1, 1, 1, outputs, HASH, ("en-US",), "pass"))
        known = (source.name, source.output, source.bytes, source.mtime_ns, HASH, "done")
        yield insert, (*known, *keys, "planted", entry)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--formats", default="json,srt,txt")
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    memory = Path("/dev/shm")
    names = asked.files * (1.01 + len(asked.formats.split(",")))
    room = memory.is_dir() and os.statvfs(memory).f_favail > names
    with tempfile.TemporaryDirectory(dir=memory if room else None) as top:
        inbox, out = Path(top, "in"), Path(top, "out")
        formats = [f"output.formats=[{asked.formats}]"]
        config = build({"input": {"paths": [str(inbox)]}, "output": {"folder": str(out)}}, formats)
        plant(config, inbox, out, asked.files)
        command = [*PIPELINE, "transcribe", inbox, "-o", out, "--progress", "none", "--set", formats[0]]
        costs = [succeeded(command, limit_s=900) for _ in range(asked.rounds)]
        with (out / "manifest.json").open(encoding="utf-8") as stream:
            assert f'"skipped": {asked.files},' in "".join(islice(stream, 30)), "something was done"
        size_mb = (out / "manifest.json").stat().st_size / 1e6
    print(machine() + "\n")
    heads = ("files known", "wall s", "CPU s", "memory MB", "manifest MB", "target")
    rows = [
        (
            f"{asked.files:,}",
            f"{one.wall_s:.1f}",
            f"{one.cpu_s:.1f}",
            f"{one.memory_mb:.0f}",
            f"{size_mb:.0f}",
            _met(one),
        )
        for one in costs
    ]
    print(table(heads, rows))


def _met(one: object) -> str:
    met = getattr(one, "wall_s", 0) <= TARGET_S and getattr(one, "memory_mb", 0) <= TARGET_MB
    return f"{TARGET_S:.0f} s, {TARGET_MB:.0f} MB: {'yes' if met else 'no'}"


if __name__ == "__main__":
    main()
