"""`speech-pipeline model`: where the offline model is, and how it gets there."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pipeline.errors import ModelMissing

DEFAULT_MODEL = "base"


@click.group("model", help="Fetch, list or locate the offline models, by content hash.")
def command() -> None:
    return


@command.command("fetch", help="Fetch a model (default: base) into the cache, unless it is there and verified.")
@click.argument("name", default=DEFAULT_MODEL)
@click.option("-q", "--quiet", is_flag=True, help="No progress on standard error.")
def fetch(name: str, quiet: bool) -> None:
    click.echo(_fetched(name, quiet))


@command.command("list", help="The known models: name, where each is, where it came from, its hash.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def list_(as_json: bool) -> None:
    from pipeline.host import models

    rows = [models.describe(name) for name in models.KNOWN]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        where = f"{row['path']} (from {row['source']}, verified)" if row["path"] else "not fetched"
        click.echo(f"{row['name']:<8} {row['sha256'][:12]} {where}")


@command.command("path", help="Print the folder of a model that is there; exit 3 if it is not.")
@click.argument("name", default=DEFAULT_MODEL)
def path(name: str) -> None:
    from pipeline.host import models

    try:
        found = models.locate(name)
    except models.ModelError as error:
        raise ModelMissing(str(error)) from error
    if found is None:
        raise ModelMissing(f"model {name} is not in {models.cache()}")
    click.echo(found)


def _fetched(name: str, quiet: bool) -> Path:
    from pipeline.host import models

    def show(done_bytes: int, total_bytes: int) -> None:
        click.echo(f"\rmodel {name}: {done_bytes >> 20} of {total_bytes >> 20} MB", err=True, nl=False)

    try:
        found = models.fetch(name, progress=None if quiet else show)
    except models.ModelError as error:
        raise ModelMissing(str(error), hint="check the network and pip's settings, then try again") from error
    return found
