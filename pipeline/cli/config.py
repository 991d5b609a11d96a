"""`speech-pipeline config`: check configs, or print their JSON Schema."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipeline.cli.options import set_option
from pipeline.cli.terminal import printable, printable_lines
from pipeline.errors import ConfigError


@click.group()
def command() -> None:
    """Check a config, or print its JSON Schema."""


@command.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@set_option
def check(files: tuple[Path, ...], overrides: tuple[str, ...]) -> int:
    """Print every fault of each FILE as `file:line: key: what`; exit code 2 if there is one."""
    faults = [line for file in files for line in _faults(file, overrides)]
    for line in faults:
        click.echo(line)
    return ConfigError.exit_code if faults else 0


@command.command()
def schema() -> None:
    """Print the JSON Schema of a config, for editors."""
    from pipeline.config.json_schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def _faults(file: Path, overrides: tuple[str, ...]) -> list[str]:
    from pipeline.config.load import load
    from pipeline.discover.options import read_table

    try:
        config = load(file, overrides)
        read_table(config.input, config)
    except ConfigError as error:
        return printable_lines(error.message).split("\n")
    click.echo(f"{printable(str(file))}: ok", err=True)
    return []
