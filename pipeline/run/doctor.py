"""Does this machine have what a run needs, and how is what it lacks mended?

Each check does the real thing where it can: ffmpeg is started, the SDK loaded, a second of silence recognised.
"""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.audio import ffmpeg, formats, wav
from pipeline.config.schema import Config, ServiceSettings
from pipeline.errors import GStreamerMissing, PipelineError, ServiceError
from pipeline.host import models
from pipeline.run.embedded import EmbeddedHost
from pipeline.run.made_by import sdk_version
from pipeline.run.service import FETCH_VOICES, embeds, lacks_voices
from pipeline.speech import gstreamer
from pipeline.speech.microphone import microphones
from pipeline.speech.request import Patience, Wanted
from pipeline.speech.service import Endpoint, NoKey, local_endpoint, resolve

OLDEST_PYTHON = (3, 10)
# The largest model, twice: once in the package, once unpacked.
ROOM_BYTES = 1 << 30
SILENCE_MS = 1_000
PATIENCE = Patience(beyond_ms=10_000)
# Beyond this a service counts as not to be reached, whatever the SDK still tries.
SESSION_LIMIT_S = 30.0
SET_UP = "connect one, or set one up in ~/.asoundrc"

OK, WARNING, MISSING = "ok", "warning", "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `exit_code` is not 0 where what was asked for cannot work like this."""

    name: str
    state: str
    what: str
    mend: str | None = None
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Patient:
    """The machine, with what it is to do."""

    config: Config
    environ: Mapping[str, str]

    @property
    def embeds(self) -> bool:
        return embeds(self.config.service)


Check = Callable[[Patient], Iterator[Finding]]


def examine(config: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    """The findings, each as soon as it is known."""
    patient = Patient(config, environ)
    for check in CHECKS:
        yield from check(patient)


def _python(patient: Patient) -> Iterator[Finding]:
    fresh = sys.version_info >= OLDEST_PYTHON
    mend = None if fresh else "install Python 3.10 or newer"
    yield Finding("python", OK if fresh else MISSING, platform.python_version(), mend, 0 if fresh else 3)


def _ffmpeg(patient: Patient) -> Iterator[Finding]:
    try:
        tools = ffmpeg.find(patient.config.audio.ffmpeg)
        yield Finding("ffmpeg", OK, f"{ffmpeg.version(tools)} at {tools.ffmpeg}")
    except PipelineError as error:
        yield _needed("ffmpeg", error)
        return
    with suppress(OSError):  # one that is not on PATH is not asked
        lacking = formats.missing_decoders()
        if lacking:
            mend = "install the full ffmpeg of your system (Fedora: rpmfusion)"
            yield Finding("formats", WARNING, f"this ffmpeg cannot decode {', '.join(lacking)}", mend)


def _sdk(patient: Patient) -> Iterator[Finding]:
    try:
        from pipeline.speech import recogniser  # noqa: F401 (loading it is the check)
    except (ImportError, OSError) as error:
        reason = str(error).partition("\n")[0]
        mend = "pip install azure-cognitiveservices-speech; apt-get install libasound2 ca-certificates"
        yield Finding("speech-sdk", MISSING, f"cannot be loaded: {reason}", mend, 3)
    else:
        yield Finding("speech-sdk", OK, sdk_version())


def _model(patient: Patient) -> Iterator[Finding]:
    service = patient.config.service
    if service.ear != "whisper":
        return
    code = 3 if patient.embeds else 0
    mend = f"run: speech-pipeline model fetch {service.model}"
    try:
        found = models.describe(service.model)
    except models.ModelError as error:
        yield Finding("model", MISSING, str(error), "run: speech-pipeline model list", code)
        return
    if found["path"] is None:
        yield Finding("model", MISSING, f"{service.model} is not in {models.cache()}", mend, code)
    elif found["verified"]:
        yield Finding("model", OK, f"{service.model} from {found['source']}, verified, at {found['path']}")
    else:
        yield Finding("model", WARNING, f"{service.model} at {found['path']}: its bytes are not known to us")


def _voices(patient: Patient) -> Iterator[Finding]:
    if patient.embeds and lacks_voices(patient.config):
        yield Finding("speakers", MISSING, "the model voices is not here", f"run: {FETCH_VOICES}", 3)


def _disk(patient: Patient) -> Iterator[Finding]:
    folder = models.cache()
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free_bytes = shutil.disk_usage(there).free
    what = f"{free_bytes / (1 << 30):.1f} GB free for models at {folder}"
    if free_bytes >= ROOM_BYTES:
        yield Finding("disk", OK, what)
    else:
        yield Finding("disk", WARNING, what, f"make room, or set {models.CACHE_VARIABLE} to another folder")


def _embedded_host(patient: Patient) -> Iterator[Finding]:
    service = patient.config.service
    if not patient.embeds:
        return
    started = time.monotonic()
    try:
        with EmbeddedHost(service) as host:
            listening = host.wait()
            ready_s = time.monotonic() - started
            _recognise_silence(local_endpoint(listening.url, service, 1, listening.key), patient.config)
    except PipelineError as error:
        yield _needed("local host", error)
        return
    took_s = time.monotonic() - started
    what = f"{listening.model}: ready after {ready_s:.1f} s, a second of silence recognised after {took_s:.1f} s"
    yield Finding("local host", OK, what)


def _gstreamer(patient: Patient) -> Iterator[Finding]:
    asked = patient.config.audio.input == "compressed"
    lacks = gstreamer.lacking()
    if not lacks:
        yield Finding("gstreamer", OK, f"{gstreamer.version()}, with every plug-in for compressed recordings")
        return
    wanted: dict[str, list[str]] = {}
    for lack in lacks:
        wanted.setdefault(lack.what_for, []).append(lack.element)
    missing = "; ".join(f"for {what_for}: {', '.join(elements)}" for what_for, elements in wanted.items())
    packages = " ".join(dict.fromkeys(lack.package for lack in lacks))
    everything = "everything" in wanted
    yield Finding(
        "gstreamer",
        MISSING if everything else WARNING,
        f"lacks {missing}{'' if asked else ' (only audio.input: compressed needs it)'}",
        f"apt-get install {packages}",
        GStreamerMissing.exit_code if asked and everything else 0,
    )


def _microphone(patient: Patient) -> Iterator[Finding]:
    found = microphones()
    if found:
        names = [microphone.name for microphone in found]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield Finding("microphone", OK, ", ".join(names[:3]) + more)
    else:
        yield Finding("microphone", MISSING, "there is none (only listen needs one)", SET_UP)


def _service(patient: Patient) -> Iterator[Finding]:
    """The cloud or a container, by a real session; with the embedded default only where a key is set."""
    embedded = patient.embeds
    service = ServiceSettings(kind="azure") if embedded else patient.config.service
    try:
        endpoints = resolve(service, patient.environ)
    except NoKey as error:
        needed = " (only service.kind: azure needs one)" if embedded else ""
        yield Finding("service", MISSING, error.message + needed, error.hint, 0 if embedded else error.exit_code)
        return
    except PipelineError as error:
        yield _needed("service", error)
        return
    for endpoint in endpoints:
        yield _reached(endpoint, patient, required=not embedded)


def _reached(endpoint: Endpoint, patient: Patient, required: bool) -> Finding:
    started = time.monotonic()
    try:
        _recognise_silence(endpoint, patient.config)
    except PipelineError as error:
        found = _needed("service", error)
        return found if required else Finding("service", WARNING, found.what, found.mend)
    return Finding("service", OK, f"{endpoint.name} answered in {time.monotonic() - started:.1f} s")


def _recognise_silence(endpoint: Endpoint, config: Config) -> None:
    """A real session. Raises what a run would meet."""
    from pipeline.speech.session import recognise

    over = threading.Event()
    alarm = threading.Timer(SESSION_LIMIT_S, over.set)
    alarm.daemon = True
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "silence.wav"
        silence = bytes(SILENCE_MS * wav.BYTES_PER_MS)
        path.write_bytes(wav.header(len(silence)) + silence)
        wanted = Wanted(config.recognition, tuple(config.translation.targets))
        alarm.start()
        try:
            recognise(path, SILENCE_MS, endpoint, wanted, patience=PATIENCE, abort=over)
        except PipelineError as error:
            if over.is_set():
                raise ServiceError(f"{endpoint.name}: no answer within {SESSION_LIMIT_S:.0f} s") from error
            raise
        finally:
            alarm.cancel()


def _needed(name: str, error: PipelineError) -> Finding:
    """What cannot be done without."""
    return Finding(name, MISSING, error.message, error.hint, error.exit_code)


# A new check: a generator of Findings, and its name here; what others need comes first.
CHECKS: tuple[Check, ...] = (
    _python,
    _ffmpeg,
    _sdk,
    _model,
    _voices,
    _disk,
    _embedded_host,
    _gstreamer,
    _microphone,
    _service,
)
