"""`speech-pipeline report FOLDER`: the last run as one HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import log_options


@click.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
@log_options
def command(folder: Path) -> int:
    """Write FOLDER/report.html, the report of the last run, and print its path.

    One self-contained page: totals, every file with what went wrong and what to do, coverage, links to the outputs.
    """
    from pipeline.report.page import write_report

    click.echo(write_report(folder))
    return 0
