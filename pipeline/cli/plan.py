"""`speech-pipeline plan CONFIG.yaml`: what run would do and why, touching nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.options import common_options
from pipeline.cli.perform import limit_options, request_of, session_override
from pipeline.cli.show import clock
from pipeline.cli.terminal import printable

if TYPE_CHECKING:
    from pipeline.run.runner import Request


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@limit_options
@common_options
def command(config: Path, as_json: bool, overrides: tuple[str, ...], progress: str, **options: Any) -> int:
    """Say for each file what run would do and why, with audio hours, expected time and cost."""
    from pipeline.config.load import load

    request = request_of(load(config, [*overrides, *session_override(options)]), options)
    return show_plan(request, as_json)


def show_plan(request: Request, as_json: bool) -> int:
    """Print the forecast of a run."""
    from pipeline.run.forecast import forecast

    found = forecast(request)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=1))
        return 0
    for line in found.lines:
        length = clock(line.audio_ms) if line.audio_ms is not None else "-"
        click.echo(f"{line.action:<9} {length:>8}  {printable(line.name)}  ({printable(line.reason)})")
    for problem in found.problems:
        click.echo(f"not looked at: {printable(problem)}")
    cost = "" if found.cost is None else f", about {found.cost:.2f} at service.price_per_hour"
    click.echo(f"{clock(found.audio_ms)} of audio to recognise, about {clock(found.expected_s * 1000)}{cost}")
    return 0
