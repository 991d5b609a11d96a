"""`speech-pipeline run CONFIG.yaml`: the batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.cli.options import common_options
from pipeline.cli.perform import limit_options, perform, request_of, session_override


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would be done: the same as plan.")
@limit_options
@common_options
def command(config: Path, dry_run: bool, overrides: tuple[str, ...], progress: str, **options: Any) -> int:
    """Transcribe everything CONFIG names.

    Resumes by itself: what an earlier run finished is not done again unless the recording or a setting changed.
    """
    from pipeline.config.load import load

    request = request_of(load(config, [*overrides, *session_override(options)]), options)
    if dry_run:
        from pipeline.cli.plan import show_plan

        return show_plan(request, as_json=False)
    return perform(request, progress)
