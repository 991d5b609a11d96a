"""Which settings, each allowed alone, make no sense together or name something impossible?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from pipeline.config.schema import (
    Address,
    AudioSettings,
    Config,
    RecognitionSettings,
    RunSettings,
    ServiceSettings,
    SubtitleSettings,
    TranslationSettings,
)
from pipeline.config.tree import Key

Finding = tuple[Key, str]

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LANGUAGE_WORDS = "a language tag such as en-US, de-DE or fr"
_SCHEMES = {"endpoint": ("wss", "ws", "https", "http"), "host": ("wss", "ws", "https", "http")}
_SILENCE_MS = (100, 5_000)
_MAXIMUM_MS = (20_000, 70_000)
_SHORTEST_CHUNK_MS = 10_000


def check(config: Config) -> Iterator[Finding]:
    """Every fault that no single setting shows, as (key, what is wrong and what is allowed)."""
    yield from _audio(config.audio)
    yield from _service(config.service)
    yield from _recognition(config.recognition)
    yield from _translation(config.translation)
    yield from _speakers(config)
    yield from _repeated(("output", "formats"), config.output.formats)
    yield from _subtitles(config.subtitles)
    yield from _run(config.run)


def _audio(audio: AudioSettings) -> Iterator[Finding]:
    if audio.input == "compressed" and audio.channels == "separate":
        yield ("audio", "channels"), "separate needs audio.input: wav; the SDK mixes what it decodes, so mix is allowed"
    split = audio.split
    if not split.longer_than:
        return
    if split.target < _SHORTEST_CHUNK_MS:
        yield ("audio", "split", "target"), "too short; 10s or more is allowed"
    elif split.target > split.longer_than:
        yield ("audio", "split", "target"), "longer than audio.split.longer_than; at most that is allowed"


def _service(service: ServiceSettings) -> Iterator[Finding]:
    yield from _address(("service",), service)
    names = [endpoint.name for endpoint in service.endpoints if endpoint.name]
    for index, endpoint in enumerate(service.endpoints):
        yield from _address(("service", "endpoints", index), endpoint)
        if endpoint.name and names.count(endpoint.name) > 1:
            yield ("service", "endpoints", index, "name"), "given twice; once is allowed"


def _address(key: Key, address: Address) -> Iterator[Finding]:
    for name in ("endpoint", "host"):
        url = getattr(address, name)
        if url is not None:
            yield from _url((*key, name), url, name)
    pairs = (("host", "endpoint"), ("token_command", "token"), ("entra", "token"), ("entra", "token_command"))
    for one, other in pairs:
        if getattr(address, one) and getattr(address, other):
            yield (*key, one), f"given beside {other}; one of the two is allowed"


def _url(key: Key, url: str, name: str) -> Iterator[Finding]:
    example = "ws://localhost:5000" if name == "host" else "wss://westeurope.stt.speech.microsoft.com"
    allowed = f"an address such as {example} is allowed"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _SCHEMES[name] and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        yield key, f"not the address of a service; {allowed}"
    elif parts.username or parts.password:
        yield key, f"an address with a user name or password; {allowed}"
    elif name == "host" and (parts.path not in ("", "/") or parts.query):
        yield key, f"an address with a path, which service.endpoint takes; {allowed}"


def _recognition(recognition: RecognitionSettings) -> Iterator[Finding]:
    key = ("recognition",)
    languages = recognition.languages
    yield from _language((*key, "language"), recognition.language)
    for index, language in enumerate(languages):
        yield from _language((*key, "languages", index), language)
    yield from _repeated((*key, "languages"), languages)
    if languages and not 2 <= len(languages) <= 10:
        yield (*key, "languages"), f"{len(languages)} given; two to ten are allowed, or none and recognition.language"
    for index, phrase in enumerate(recognition.phrases):
        if not phrase.strip():
            yield (*key, "phrases", index), "an empty phrase; words are allowed"
    yield from _between((*key, "segmentation", "silence"), recognition.segmentation.silence, _SILENCE_MS, "100ms to 5s")
    yield from _between((*key, "segmentation", "maximum"), recognition.segmentation.maximum, _MAXIMUM_MS, "20s to 70s")


def _translation(translation: TranslationSettings) -> Iterator[Finding]:
    for index, target in enumerate(translation.targets):
        yield from _language(("translation", "targets", index), target)
    yield from _repeated(("translation", "targets"), translation.targets)


def _speakers(config: Config) -> Iterator[Finding]:
    """The one recogniser of the SDK that tells speakers apart cannot do everything the others can."""
    if config.recognition.diarization:
        key = ("recognition", "diarization")
        if config.translation.targets:
            yield key, "the Speech SDK cannot translate what it tells speakers apart in; one of the two is allowed"
        if config.recognition.mode == "single_shot":
            yield key, "needs the whole recording; mode: continuous is allowed"


def _subtitles(subtitles: SubtitleSettings) -> Iterator[Finding]:
    low, high = subtitles.min_duration, subtitles.max_duration
    if low is not None and high is not None and low > high:
        yield ("subtitles", "min_duration"), "longer than subtitles.max_duration; at most that is allowed"


def _run(run: RunSettings) -> Iterator[Finding]:
    if run.backoff > run.max_backoff:
        yield ("run", "backoff"), "longer than run.max_backoff; at most that is allowed"


def _language(key: Key, language: str) -> Iterator[Finding]:
    if not _LANGUAGE.fullmatch(language):
        yield key, f"not a language; {_LANGUAGE_WORDS} is allowed"


def _repeated(key: Key, values: Sequence[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value.lower() in seen:
            yield (*key, index), "given twice; once is allowed"
        seen.add(value.lower())


def _between(key: Key, value: int | None, limits: tuple[int, int], words: str) -> Iterator[Finding]:
    if value is not None and not limits[0] <= value <= limits[1]:
        yield key, f"out of range; {words} is allowed"
