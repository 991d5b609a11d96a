"""Which options do all commands share?"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from pipeline.cli import log

Command = TypeVar("Command", bound=Callable[..., Any])

PROGRESS = ("auto", "bar", "plain", "json", "none")


def set_option(command: Command) -> Command:
    """--set, as the parameter `overrides: tuple[str, ...]`."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="SECTION.KEY=VALUE",
        help="Override one setting; the value is YAML, ${NAME} reads the environment. Repeatable.",
    )(command)


def progress_option(command: Command) -> Command:
    """--progress, as the parameter `progress: str`."""
    return click.option(
        "--progress",
        type=click.Choice(PROGRESS),
        default="auto",
        show_default=True,
        help="How progress is shown on standard error.",
    )(command)


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--log-format, -v and -q: set up before the command is called, which never sees them."""

    @functools.wraps(command)
    def logged(*args: Any, log_format: str, verbose: int, quiet: bool, **kwargs: Any) -> Any:
        log.setup(log_format, verbose - quiet)
        return command(*args, **kwargs)

    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Only errors."),
        click.option("-v", "--verbose", count=True, help="More detail; twice for everything."),
        click.option(
            "--log-format", type=click.Choice(log.FORMATS), default="text", show_default=True, help="Form of logs."
        ),
    ):
        option(logged)
    return logged


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Every option that all commands share: the command takes `overrides` and `progress`."""
    return set_option(progress_option(log_options(command)))
