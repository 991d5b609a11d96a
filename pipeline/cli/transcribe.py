"""`speech-pipeline transcribe INPUT... -o FOLDER`: the batch without a config file."""

from __future__ import annotations

import os
from typing import Any

import click

from pipeline.cli.options import common_options
from pipeline.cli.perform import limit_options, perform, request_of, session_override


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Where transcripts, manifest and ledger go.")
@click.option("--language", metavar="CODE", multiple=True, help="Language, as en-US; two or more: identify.")
@click.option("--to", "targets", multiple=True, metavar="CODE", help="Translate into this language. Repeatable.")
@click.option("--format", "formats", multiple=True, metavar="NAME", help="json, srt, vtt, txt, ... Repeatable.")
@click.option("--service", default="local", show_default=True, metavar="WHICH", help="local, azure, or ws://host:port.")
@limit_options
@common_options
def command(inputs: tuple[str, ...], overrides: tuple[str, ...], progress: str, **options: Any) -> int:
    """Transcribe files and folders (INPUT...) into FOLDER, without a config file."""
    from pipeline.config.load import build

    config = build(values(inputs, options), [*overrides, *session_override(options)])
    return perform(request_of(config, options), progress)


def values(inputs: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    """The command line as the tree a config file would be."""
    languages, service = list(options["language"]), options["service"]
    tree: dict[str, Any] = {
        "input": {"paths": [_as_spelled(path) for path in inputs]},
        "output": {"folder": options["output"]},
        "service": {"kind": "azure", "host": service} if "://" in service else {"kind": service},
    }
    if len(languages) == 1:
        tree["recognition"] = {"language": languages[0]}
    elif languages:
        tree["recognition"] = {"languages": languages}
    if options["targets"]:
        tree["translation"] = {"targets": list(options["targets"])}
    if options["formats"]:
        tree["output"]["formats"] = list(options["formats"])
    return tree


def _as_spelled(path: str) -> str:
    """A file whose name begins with @ is no list: a shell's `*` may have found it."""
    return f"./{path}" if path.startswith(("@", "~")) and os.path.lexists(path) else path
