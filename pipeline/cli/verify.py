"""`speech-pipeline verify FOLDER`: are the outputs still what the manifest says?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from pipeline.cli.options import log_options
from pipeline.cli.terminal import printable


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a faulty output.")
@log_options
def command(folder: Path, as_json: bool) -> int:
    """Check every output in FOLDER against the hashes of its manifest; exit code 1 where one differs."""
    from pipeline.run.verify import verify

    count = faults = 0
    for checked in verify(folder):
        count += 1
        if checked.fault is not None:
            faults += 1
            line = json.dumps(asdict(checked)) if as_json else f"{checked.fault}: {printable(checked.path)}"
            click.echo(line)
    click.echo(f"{count} outputs checked, {faults} faulty", err=as_json)
    return 1 if faults else 0
