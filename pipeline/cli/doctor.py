"""`speech-pipeline doctor`: does this machine have what a run needs?"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import log_options, set_option

if TYPE_CHECKING:
    from pipeline.config.schema import Config
    from pipeline.run.doctor import Finding


@click.command("doctor")
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--service", metavar="WHICH", help="local, azure, or ws://host:port.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a finding.")
@set_option
@log_options
def command(config: Path | None, service: str | None, as_json: bool, overrides: tuple[str, ...]) -> int:
    """Check ffmpeg, SDK, model, local host, GStreamer, microphone and service, and say how to mend what is missing.

    For the embedded default, or for what CONFIG asks for. Exit code 0: it can run; 3: something is missing; 4: the
    service refuses or cannot be reached.
    """
    from pipeline.run.doctor import examine

    code = 0
    for finding in examine(_config(config, service, overrides), os.environ):
        _print(finding, as_json)
        code = code or finding.exit_code
    if not as_json:
        click.echo(
            "everything that is needed is there"
            if code == 0
            else "something that is needed is missing, or does not answer"
        )
    return code


def _print(finding: Finding, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(finding)))
        return
    click.echo(f"{finding.state:<8} {finding.name:<11} {finding.what}")
    if finding.mend:
        click.echo(f"{'':<8} {'':<11} -> {finding.mend}")


def _config(config: Path | None, service: str | None, overrides: tuple[str, ...]) -> Config:
    from pipeline.config.load import build, load

    if service is not None:
        kind = "azure" if "://" in service else service
        overrides = (*overrides, f"service.kind={kind}", *([f"service.host={service}"] if "://" in service else []))
    return load(config, overrides) if config is not None else build({"input": {"paths": ["."]}}, overrides)
