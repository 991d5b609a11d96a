"""`speech-pipeline lint`: check subtitle files against a profile, and mend what can be mended."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import log_options, set_option
from pipeline.cli.terminal import printable_lines


@click.command("lint")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--profile", type=click.Choice(["netflix", "bbc", "plain"]), help="The norm; default: netflix.")
@click.option("--language", help="Language of the text; left out: from talk.de.srt, from talk.json beside it, or en.")
@click.option("--encoding", help="What a file is that is not UTF-8, such as cp1252.")
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--fix", is_flag=True, help="Repair times and line breaks in place; no word is touched.")
@set_option
@log_options
def command(
    files: tuple[Path, ...],
    profile: str | None,
    language: str | None,
    encoding: str | None,
    form: str,
    fix: bool,
    overrides: tuple[str, ...],
) -> int:
    """Check SubRip and WebVTT FILEs of any origin; a folder stands for all that are in it.

    Exit code 1 when findings remain. Every number of a profile can be set: --set subtitles.max_cps=15.
    """
    from pipeline.config.load import build
    from pipeline.subtitles.finding import PRINTS
    from pipeline.subtitles.lint_files import lint_file, subtitle_files

    chosen = {"profile": profile} if profile else {}
    settings = build({"input": {"paths": ["."]}, "subtitles": chosen}, overrides).subtitles
    found = [(str(path), lint_file(path, settings, language, encoding, fix)) for path in subtitle_files(files)]
    printed = PRINTS[form](found)
    if printed:
        click.echo(printable_lines(printed))
    return 1 if any(findings for _, findings in found) else 0
