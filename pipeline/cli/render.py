"""`speech-pipeline render FOLDER`: every output again from the stored transcripts."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import log_options, set_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "formats", multiple=True, metavar="NAME", help="Formats; left out: those each file has.")
@click.option("--profile", metavar="NAME", help="Subtitle profile: netflix, bbc or plain.")
@click.option("--bilingual", is_flag=True, help="Also one subtitle with both languages per target.")
@set_option
@log_options
def command(
    folder: Path, formats: tuple[str, ...], profile: str | None, bilingual: bool, overrides: tuple[str, ...]
) -> int:
    """Write the outputs of every finished file in FOLDER again, with no service call.

    `--set subtitles.max_line_chars=37` and the like change how, `--set output.formats=[vtt]` which.
    """
    from pipeline.config.load import build
    from pipeline.run.render import render
    from pipeline.run.runner import locked
    from pipeline.run.status import open_ledger

    tree: dict[str, object] = {"input": {"paths": ["."]}, "output": {"folder": str(folder)}}
    if profile:
        tree["subtitles"] = {"profile": profile}
    if formats:
        overrides = (*overrides, f"output.formats=[{','.join(formats)}]")
    config = build(tree, overrides)
    asked = any(override.startswith(("output.formats", "output=")) for override in overrides)
    chosen = config.output.formats if asked else ()
    both = bilingual or config.translation.bilingual
    ledger = open_ledger(folder)
    try:
        with locked(folder):
            files = count = 0
            for _, written in render(folder, ledger, chosen, config.subtitles, both):
                files, count = files + 1, count + len(written)
    finally:
        ledger.close()
    click.echo(f"{count} outputs of {files} files written")
    return 0
