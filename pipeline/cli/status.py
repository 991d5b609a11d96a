"""`speech-pipeline status FOLDER`: what the ledger knows."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipeline.cli.options import log_options
from pipeline.cli.terminal import printable


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@log_options
def command(folder: Path, as_json: bool) -> int:
    """Say how many files of an output FOLDER are done, failed or pending, and how the last run ended."""
    from pipeline.run.status import status

    found = status(folder)
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return 0
    for name in ("done", "failed", "pending"):
        click.echo(f"{name:<8} {found[name]}")
    for failure in found["failures"]:
        click.echo(f"failed: {printable(failure['source'])}: {failure['code']}: {printable(failure['message'])}")
    run = found["last_run"]
    if run is not None:
        ended = f"ended {run['ended_at']} with exit code {run['exit_code']}" if run["ended_at"] else "did not end"
        click.echo(f"last run {run['id']}: began {run['started_at']}, {ended}")
    return 0
