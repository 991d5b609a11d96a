"""`speech-pipeline init`: write a commented starter config."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.errors import UsageError
from pipeline.files import write_bytes

_STARTER = Path(__file__).with_name("starter.yaml")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default="speech-pipeline.yaml")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def command(file: Path, force: bool) -> None:
    """Write a commented starter config to FILE (speech-pipeline.yaml).

    It transcribes the folder `inbox` beside it with the embedded default: no key, no account.
    """
    if file.exists() and not force:
        raise UsageError(f"{file} exists", hint="choose another name, or replace it with --force")
    write_bytes(file, _STARTER.read_bytes())
    click.echo(f"wrote {file}")
    click.echo(f"next: put recordings into {file.parent / 'inbox'} and call: speech-pipeline run {file}")
