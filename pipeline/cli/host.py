"""`speech-pipeline host`: the local Speech host, in the foreground."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import log_options
from pipeline.errors import ConfigError, Missing, ModelMissing, UsageError
from pipeline.host import KEY_VARIABLE

if TYPE_CHECKING:
    from pipeline.host.hearing.ear import Ear
    from pipeline.host.translating.translator import Translator
    from pipeline.host.trouble import Faults


@click.command(
    "host",
    help="""Serve the Speech SDK's protocol on ws://127.0.0.1:PORT, offline, until SIGTERM or Ctrl-C.

    Point any program that uses the Speech SDK at it with SpeechConfig(host="ws://127.0.0.1:PORT"). One JSON line on
    standard output says when it listens, and where. GET /health answers with counts.""",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Port; 0: a free one.")
@click.option("--bind", default="127.0.0.1", show_default=True, help="Address; another than loopback needs a key.")
@click.option("--key", envvar=KEY_VARIABLE, help=f"Key that clients must send; left out: {KEY_VARIABLE}, or none.")
@click.option("--model", default=None, help="Whisper model (default: base), or a script for the scripted ear.")
@click.option("--ear", type=click.Choice(["whisper", "scripted"]), default="whisper", show_default=True)
@click.option("--workers", type=click.IntRange(1), default=None, help="Threads of the recogniser.")
@click.option(
    "--translator",
    default="auto",
    show_default=True,
    help="auto, none, apertium, scripted, or a folder of CTranslate2 models.",
)
@click.option("--faults", type=click.Path(path_type=Path), help="Faults file: rehearse failures.")
@click.option("--record", type=click.Path(path_type=Path), help="Append what reached the wire, as JSON lines.")
@click.option("--parent-pid", type=int, help="Stop when this process ends.")
@click.option("--tune", is_flag=True, help="Measure which threads and batches suit this machine; remember, and exit.")
@click.option("--list-languages", is_flag=True, help="Print what can be heard and translated, then exit.")
@log_options
def command(
    port: int,
    bind: str,
    key: str | None,
    model: str | None,
    ear: str,
    workers: int | None,
    translator: str,
    faults: Path | None,
    record: Path | None,
    parent_pid: int | None,
    tune: bool,
    list_languages: bool,
) -> None:
    # The resampler's matrices are small: threads would cost more than they save, and the recogniser has its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _check_bind(bind, key)
    if tune:
        _tune(ear, model or "base", workers)
        return
    rules = _faults(faults)
    opened_ear = _ear(ear, model, workers)
    opened_translator = _translator(translator, ear)
    try:
        if list_languages:
            click.echo("\n".join(_languages(opened_ear, opened_translator)))
        else:
            _serve(opened_ear, opened_translator, rules, key, record, (bind, port), parent_pid)
    finally:
        opened_ear.close()
        if opened_translator is not None:
            opened_translator.close()


def _check_bind(bind: str, key: str | None) -> None:
    try:
        loopback = ipaddress.ip_address(bind).is_loopback
    except ValueError:
        loopback = bind == "localhost"
    if not loopback and not key:
        raise UsageError(
            f"--bind {bind} can be reached from other machines, which needs a key", hint=f"set {KEY_VARIABLE}"
        )


def _faults(path: Path | None) -> Faults | None:
    if path is None:
        return None
    from pipeline.host import faults
    from pipeline.host.strict import BadFile

    try:
        return faults.load(path)
    except BadFile as error:
        raise ConfigError(str(error)) from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error


def _ear(kind: str, model: str | None, workers: int | None) -> Ear:
    if kind == "scripted":
        return _scripted(model)
    try:
        from pipeline.host.hearing.whisper import WhisperEar
    except ImportError as error:
        hint = "pip install 'speech-pipeline[local]'"
        raise Missing(f"the offline recogniser is not installed ({error})", hint=hint) from error
    from pipeline.host.models import ModelError

    try:
        return WhisperEar(model or "base", workers=workers)
    except ModelError as error:
        raise ModelMissing(str(error)) from error


def _tune(kind: str, model: str, workers: int | None) -> None:
    """Try the arrangements, a line each; the best is what ears on this machine use from now on."""
    if kind != "whisper":
        raise UsageError("--tune measures the recogniser; a scripted ear has none", hint="leave --ear out")
    try:
        from pipeline.host import models
        from pipeline.host.hearing import tuning
    except ImportError as error:
        hint = "pip install 'speech-pipeline[local]'"
        raise Missing(f"the offline recogniser is not installed ({error})", hint=hint) from error
    try:
        folder = models.fetch(model)
        named = models.describe(model)["sha256"] or str(folder)
    except models.ModelError as error:
        raise ModelMissing(str(error)) from error
    click.echo("workers  threads each  windows at once  audio s per s")
    trials = []
    for trial in tuning.tune(folder, workers or tuning.cores()):
        trials.append(trial)
        found = trial.arrangement
        click.echo(f"{found.workers:>7}  {found.threads:>12}  {found.batch:>15}  {trial.speed:>13.1f}")
    # The last ones share the threads out as was found best, and were measured in turn.
    chosen = tuning.best(trials[-1 - len(tuning.BATCHES) :]).arrangement
    path = tuning.remember(named, chosen)
    click.echo(
        f"from now on, {model} on {tuning.cores()} cores: workers {chosen.workers}, threads each {chosen.threads},"
        f" windows at once {chosen.batch} ({path})"
    )


def _scripted(script: str | None) -> Ear:
    from pipeline.host.hearing.script import ScriptEar, load
    from pipeline.host.hearing.scripted import ScriptedEar
    from pipeline.host.strict import BadFile

    # `base` is the default model of configs, which a scripted ear has no use for.
    if script is None or script == "base":
        return ScriptedEar()
    try:
        return ScriptEar(load(Path(script)))
    except BadFile as error:
        raise ConfigError(str(error)) from error
    except OSError as error:
        raise ConfigError(f"{script}: {error.strerror}") from error


def _translator(spec: str, ear: str) -> Translator | None:
    from pipeline.host.translating import open_translator
    from pipeline.host.translating.translator import TranslatorMissing

    try:
        return open_translator("scripted" if spec == "auto" and ear == "scripted" else spec, _show)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except TranslatorMissing as error:
        raise Missing(str(error), hint="docs/how-to/translate.md says how to get each translator") from error


def _show(done_bytes: int, total_bytes: int) -> None:
    end = "\n" if done_bytes >= total_bytes else ""
    click.echo(f"\rtranslation model: {done_bytes >> 20} of {total_bytes >> 20} MB{end}", err=True, nl=False)


def _languages(ear: Ear, translator: Translator | None) -> list[str]:
    lines = [f"{ear.name} hears: {' '.join(ear.languages())}"]
    offers = translator.offers() if translator is not None else ()
    shown = [
        (f"{' '.join(offer.sources)} -> {' '.join(offer.targets)}", offer.engine, offer.quality) for offer in offers
    ]
    if ear.translates_to_english:
        shown.insert(0, ("any -> en", ear.name, "rough from close languages, poor from others"))
    if not shown:
        return [*lines, "translation: none"]
    return [*lines, "translation:", *(f"  {pairs}  {engine} ({quality})" for pairs, engine, quality in shown)]


def _serve(
    ear: Ear,
    translator: Translator | None,
    faults: Faults | None,
    key: str | None,
    record: Path | None,
    address: tuple[str, int],
    parent_pid: int | None,
) -> None:
    from pipeline.host.journal import Journal
    from pipeline.host.server import Address, run
    from pipeline.host.service import Service
    from pipeline.host.trouble import CALM

    bind, port = address

    def ready(bound: int) -> None:
        shown = f"[{bind}]" if ":" in bind else bind
        click.echo(json.dumps({"listening": f"ws://{shown}:{bound}", "port": bound, "model": ear.name}))

    journal = Journal(record)
    service = Service(ear, translator, key or None, faults or CALM, journal)
    try:
        asyncio.run(run(service, Address(bind, port), parent_pid, ready))
    except OSError as error:
        raise UsageError(f"cannot listen on {bind}:{port}: {error.strerror or error}") from error
    finally:
        journal.close()
