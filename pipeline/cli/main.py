"""Which verbs are there, and which exit code does an error become?"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from pipeline import __version__
from pipeline.cli.terminal import never_fail, printable_lines
from pipeline.errors import Interrupted, PipelineError

PROGRAM = "speech-pipeline"
_USAGE_EXIT = 2
_UNWRITABLE = (errno.EPIPE, errno.ENOSPC)
_BROKEN_PIPE_EXIT = 141  # what a shell reports for a program that SIGPIPE ended

# A new verb: write pipeline/cli/<verb>.py with a click command named `command`, add its line, add tests/cli/.
# The help stands here so that `--help` imports none of the verbs.
VERBS: dict[str, str] = {
    "run": "Transcribe everything a config names; resumes by itself.",
    "transcribe": "Transcribe files and folders without a config file.",
    "plan": "Say what run would do and why, with expected time and cost.",
    "status": "Say what the ledger of an output folder knows.",
    "render": "Write the outputs again from stored transcripts, without the service.",
    "verify": "Check every output against the hashes in the manifest.",
    "lint": "Check subtitle files against a profile.",
    "report": "Write the HTML report of the last run.",
    "listen": "Transcribe and translate the microphone live.",
    "host": "Serve the local Speech host on a port.",
    "model": "Fetch, list or locate the offline model.",
    "doctor": "Check this machine and say how to mend what is missing.",
    "init": "Write a commented starter config.",
    "config": "Check a config, or print its JSON Schema.",
}


class Verbs(click.Group):
    """A group that imports a verb when it is used, and maps errors to the exit codes of the contract."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"pipeline.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        extra["standalone_mode"] = False
        never_fail(sys.stdout, sys.stderr)
        sys.exit(self._code(args, rest, extra))

    def _code(self, args: Sequence[str] | None, rest: tuple[Any, ...], extra: dict[str, Any]) -> int:
        try:
            code = super().main(args, *rest, **extra)
            sys.stdout.flush()
        except click.ClickException as error:
            error.show()
            return _USAGE_EXIT
        except PipelineError as error:
            show_error(error)
            return error.exit_code
        except (KeyboardInterrupt, click.Abort):
            return Interrupted.exit_code
        except OSError as error:
            if error.errno not in _UNWRITABLE:
                raise
            return _stdout_gone(error)
        return code if isinstance(code, int) else 0


def _stdout_gone(error: OSError) -> int:
    """A reader that has gone is nothing to speak of; a full disk is."""
    # Without this Python complains again when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        return _BROKEN_PIPE_EXIT
    click.echo(f"{PROGRAM}: standard output cannot be written: {error.strerror}", err=True)
    return PipelineError.exit_code


def show_error(error: PipelineError) -> None:
    """What happened and what to do next, on standard error."""
    # A config's faults have a place each at the start of their lines, where editors look for it.
    prefix = "" if error.code == "config" else f"{PROGRAM}: "
    click.echo(prefix + printable_lines(error.message), err=True)
    if error.hint:
        click.echo(f"{PROGRAM}: {printable_lines(error.hint)}", err=True)


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name=PROGRAM)
def cli() -> None:
    """Folders of recordings in, transcripts and subtitles out.

    Exit codes: 0 done, 1 some files failed, 2 wrong usage or config, 3 something is missing on this machine,
    4 the service refused, 5 stopped at a limit, 6 another run holds the folder, 130 interrupted.
    """


def entry() -> NoReturn:
    """The console script."""
    cli.main(prog_name=PROGRAM)
