"""How does a command carry out a run: signals, progress, summary, exit code?"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click

from pipeline.cli.main import show_error
from pipeline.cli.show import display, follow, summary
from pipeline.config.schema import Config, parse_duration
from pipeline.errors import PipelineError
from pipeline.run.ledger import FILE_NAME, Ledger
from pipeline.run.plan import Asked
from pipeline.run.runner import STATE, Limits, Request, run
from pipeline.run.stop import Stop
from pipeline.run.supervisor import supervise

Command = TypeVar("Command", bound=Callable[..., Any])


class DurationType(click.ParamType):  # type: ignore[type-arg]
    """90s, 10m, 1h30m; whole milliseconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else parse_duration(value)
        except ValueError as error:
            self.fail(f"{value!r} is not {error}", param, ctx)


def limit_options(command: Command) -> Command:
    """Every option that says what of the work to do in this run."""
    for option in (
        click.option("--force", is_flag=True, help="Do everything again, finished or not."),
        click.option("--retry-failed/--no-retry-failed", default=None, help="Try again what failed in an earlier run."),
        click.option("--max-time", type=DurationType(), metavar="DURATION", help="Stop after this time, as 90m."),
        click.option("--max-audio-hours", type=click.FloatRange(min=0, min_open=True), metavar="H"),
        click.option("--max-files", type=click.IntRange(min=1), metavar="N", help="Do at most N files."),
        click.option("--only", multiple=True, metavar="GLOB", help="Only sources whose name matches. Repeatable."),
        click.option("--sessions", type=click.IntRange(1, 1000), metavar="N", help="Concurrent sessions."),
    ):
        command = option(command)
    return command


def request_of(config: Config, options: dict[str, Any]) -> Request:
    """The run that a config and the options of `limit_options` ask for."""
    hours = options["max_audio_hours"]
    retry = options["retry_failed"]
    return Request(
        config,
        Asked(tuple(options["only"]), config.run.retry_failed if retry is None else retry, options["force"]),
        Limits(options["max_files"], round(hours * 3_600_000) if hours else None, options["max_time"]),
    )


def session_override(options: dict[str, Any]) -> list[str]:
    """--sessions as a --set."""
    return [f"service.sessions={options['sessions']}"] if options["sessions"] else []


def perform(request: Request, progress: str) -> int:
    """Run under the supervisor, show, summarise; the exit code."""
    state = Path(request.config.output.folder) / STATE
    return supervise(lambda crashes: _attempt(request, progress), lambda name: _crashed(state, name))


def _attempt(request: Request, progress: str) -> int:
    """One process's try at the run. Errors are shown here: the supervisor sees the exit code only."""
    stop = Stop(request.config.run.grace / 1000)
    try:
        with _signals(stop):
            ended, told = follow(run(request, stop), display(progress))
    except PipelineError as error:
        show_error(error)
        return error.exit_code
    if ended is None:
        return 1
    click.echo(summary(ended, told))
    return ended.exit_code


def _crashed(state: Path, name: str) -> bool:
    """Remember which files were in flight; whether there is a ledger to resume from."""
    click.echo(f"the process died of {name}; starting again from the ledger", err=True)
    if not (state / FILE_NAME).exists():
        return False
    ledger = Ledger(state)
    try:
        ledger.crashed()
    finally:
        ledger.close()
    return True


@contextmanager
def _signals(stop: Stop) -> Iterator[None]:
    """Ctrl-C or SIGTERM once ends gently, twice at once."""

    def ask(number: int, frame: FrameType | None) -> None:
        stop.interrupt()
        if not stop.abort.is_set():
            click.echo("stopping: what is in flight is finished first; again to stop at once", err=True)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
