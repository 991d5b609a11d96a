"""`speech-pipeline listen`: the microphone, live."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.options import log_options, set_option
from pipeline.cli.terminal import printable

if TYPE_CHECKING:
    from pipeline.config.schema import Config
    from pipeline.run.live import LiveEvent
    from pipeline.run.notebook import Notebook

POLL_S = 0.2


@click.command("listen")
@click.option("--device", metavar="NAME", help="Microphone by its ALSA name; left out: the default one.")
@click.option("--list-devices", is_flag=True, help="Print the microphones there are, then exit.")
@click.option("--language", metavar="CODE", multiple=True, help="Language, as en-US; two or more: identify.")
@click.option("--to", "targets", multiple=True, metavar="CODE", help="Translate into this language. Repeatable.")
@click.option("--once", is_flag=True, help="A single utterance.")
@click.option("--save", metavar="FOLDER", type=click.Path(path_type=Path), help="Write json, srt, txt, ... there.")
@click.option("--format", "formats", multiple=True, metavar="NAME", help="What --save writes. Repeatable.")
@click.option("--service", default="local", show_default=True, metavar="WHICH", help="local, azure, or ws://host:port.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a final result.")
@click.option("--interim/--no-interim", default=None, help="Show guesses; left out: on a terminal.")
@set_option
@log_options
def command(
    device: str | None,
    list_devices: bool,
    save: Path | None,
    as_json: bool,
    interim: bool | None,
    overrides: tuple[str, ...],
    **options: Any,
) -> int:
    """Transcribe, and translate, what is said into a microphone, as it is said.

    Final results go to standard output, guesses to standard error. ENTER or Ctrl-C stops; what was said last is still
    written. The audio is not kept.
    """
    if list_devices:
        return _list()
    config = _config(options, overrides)
    stop = threading.Event()
    shown = _Shown(sys.stderr.isatty() if interim is None else interim, as_json)
    notebook = _notebook(save, config) if save else None
    with _stopping(stop):
        _follow(config, device, stop, shown, notebook)
    return 0


def _follow(
    config: Config, device: str | None, stop: threading.Event, shown: _Shown, notebook: Notebook | None
) -> None:
    from pipeline.run.live import Ready, listen
    from pipeline.speech.events import Heard

    ended = False
    try:
        for event in listen(config, device, stop, os.environ):
            shown.show(event)
            if notebook is not None and isinstance(event, Ready):
                notebook.began(event)
            elif notebook is not None and isinstance(event, Heard):
                notebook.add(event.segment)
        ended = True
    finally:
        shown.clear()
        # Silence is a result; a session that never was is none.
        if notebook is not None and (ended or not notebook.empty):
            for output in notebook.save():
                click.echo(f"wrote {output.path}", err=True)


def _config(options: dict[str, Any], overrides: tuple[str, ...]) -> Config:
    from pipeline.cli.transcribe import values
    from pipeline.config.load import build

    tree = values((".",), {**options, "output": "."})
    mode = ["recognition.mode=single_shot"] if options["once"] else []
    return build(tree, [*overrides, *mode])


def _notebook(folder: Path, config: Config) -> Notebook:
    from pipeline.run.notebook import Notebook

    return Notebook(folder, config, datetime.now())


def _list() -> int:
    from pipeline.errors import MicrophoneMissing
    from pipeline.speech.microphone import microphones, sound_cards

    found = microphones()
    if not found:
        raise MicrophoneMissing("there is no microphone", hint="connect one, or set one up in ~/.asoundrc")
    for microphone in found:
        click.echo(f"{microphone.name:<30} {microphone.description}".rstrip())
    if cards := sound_cards():
        click.echo(cards, err=True)
    return 0


class _Shown:
    """Final results as lines on standard output; the guess of the moment as one line that is written over."""

    def __init__(self, interim: bool, as_json: bool):
        self._interim = interim
        self._as_json = as_json
        self._width = 0

    def show(self, event: LiveEvent) -> None:
        from pipeline.run.live import Lost, Ready
        from pipeline.speech.events import Heard, Interim

        if isinstance(event, Interim):
            self._guess(event.segment.text)
            return
        self.clear()
        if isinstance(event, Ready):
            by = f" with {event.model}" if event.model else ""
            click.echo(f"listening ({event.endpoint}{by}); ENTER or Ctrl-C stops", err=True)
        elif isinstance(event, Lost):
            click.echo(f"lost the service, trying again in {event.pause_s:.0f} s: {event.error.message}", err=True)
        elif isinstance(event, Heard):
            self._final(event)

    def clear(self) -> None:
        """Take the guess away."""
        if self._width:
            click.echo("\r" + " " * self._width + "\r", nl=False, err=True)
            self._width = 0

    def _guess(self, text: str) -> None:
        if not self._interim:
            return
        # A guess wider than the terminal would leave lines behind: its end is what is being said.
        room = max(20, _columns() - 1)
        line = printable(text)
        line = line if len(line) <= room else "…" + line[1 - room :]
        click.echo("\r" + line.ljust(self._width), nl=False, err=True)
        self._width = len(line)

    def _final(self, event: Any) -> None:
        segment = event.segment
        if self._as_json:
            click.echo(json.dumps(asdict(segment), ensure_ascii=False))
            return
        speaker = f"{segment.speaker}: " if segment.speaker else ""
        click.echo(printable(speaker + segment.text))
        for target, text in segment.translations.items():
            click.echo(f"  {target}: {printable(text)}")
        for target, reason in segment.untranslated.items():
            click.echo(f"  {target}: not translated ({printable(reason)})", err=True)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """ENTER, Ctrl-C or SIGTERM sets `stop`; a second Ctrl-C does not wait for the last words."""

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    over = threading.Event()
    reader = threading.Thread(target=_await_enter, args=(stop, over), daemon=True)
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join()
        for number, handler in before.items():
            signal.signal(number, handler)


def _await_enter(stop: threading.Event, over: threading.Event) -> None:
    """A line on standard input stops; its end does not, or nothing could run without a terminal."""
    try:
        number = sys.stdin.fileno()
    except (OSError, ValueError, AttributeError):
        return
    while not over.is_set():
        if not select.select([number], [], [], POLL_S)[0]:
            continue
        # Not readline(): a thread that waits in it cannot be joined.
        data = os.read(number, 1024)
        if not data and not os.isatty(number):
            return
        if not data or b"\n" in data:
            stop.set()
            return
