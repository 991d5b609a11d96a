"""Which settings exist, of what type, with what default, and what do they mean?

One frozen pydantic model a section; `configs/full.yaml` states every default and a test holds it to this file.
Durations are whole milliseconds in Python and `90s`, `10m`, `1h30m` in YAML.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, SecretStr, WithJsonSchema

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+")
_SECONDS = re.compile(r"\d+(?:\.\d+)?")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")
_LONGEST_MS = 3650 * _UNITS_MS["d"]


def parse_duration(value: Any) -> int:
    """`90s`, `10m`, `1h30m`, `800ms`, or a bare number of seconds, as whole milliseconds. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a duration such as 90s, 10m or 1h30m")
    text = str(value).strip().lower().replace(" ", "")
    if _SECONDS.fullmatch(text):
        ms = float(text) * 1000
    elif _DURATION.fullmatch(text):
        ms = sum(float(number) * _UNITS_MS[unit] for number, unit in _DURATION_PART.findall(text))
    else:
        raise ValueError("a duration such as 90s, 10m or 1h30m")
    if ms > _LONGEST_MS:
        raise ValueError("a duration of ten years at most")
    return round(ms)


def format_duration(ms: int) -> str:
    """The shortest YAML spelling of a duration: 5400000 -> 1h30m."""
    if ms == 0:
        return "0s"
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, ms = divmod(ms, _UNITS_MS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": f"^{_DURATION.pattern}$"}]}
    ),
]


def _yes_or_no(value: Any) -> Any:
    return {"yes": True, "on": True, "no": False, "off": False}.get(value, value) if isinstance(value, str) else value


# YAML 1.2 reads `yes` as text (and `no` as Norwegian); where a setting is on or off it is meant as a bool.
Switch = Annotated[bool, BeforeValidator(_yes_or_no)]


class Section(BaseModel):
    """Strict and frozen: an unknown key or a wrong type is a fault, and a setting never changes."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )


class InputSettings(Section):
    paths: list[str] = Field(min_length=1)
    """files, folders, globs, or @list.txt (one path a line); relative to the config file"""
    include: list[str] = []
    """patterns of names to take; empty: every known audio and video suffix"""
    exclude: list[str] = []
    """patterns of names, or of relative paths, to leave out"""
    recursive: Switch = True
    """walk folders to the bottom"""
    hidden: Switch = False
    """take files and folders whose name begins with a dot"""
    options: str | None = None
    """CSV table with a column path, then language, targets, phrases ...: a row overrides the config for that file"""


class SplitSettings(Section):
    longer_than: Duration = 600_000
    """recordings longer than this are cut at silences and recognised in parallel; 0 turns it off"""
    target: Duration = 180_000
    """the length of a chunk that is aimed at"""


class AudioSettings(Section):
    input: Literal["wav", "compressed"] = "wav"
    """wav: convert to 16 kHz mono PCM WAV | compressed: feed the SDK's compressed stream (GStreamer, 1x real time)"""
    channels: Literal["mix", "separate"] = "mix"
    """mix: one transcript | separate: one transcript channel per audio channel"""
    split: SplitSettings = SplitSettings()
    """how long recordings are cut"""
    ffmpeg: str = "ffmpeg"
    """name or path of the ffmpeg program; ffprobe is taken from beside it"""
    scratch: str | None = None
    """folder for converted audio; left out: inside the output folder's .speech-pipeline"""


class Address(Section):
    """How one endpoint of the Speech service is reached."""

    key: SecretStr | None = None
    """subscription key, from the environment only; left out: AZURE_AI_SPEECH_KEY, then SPEECH_KEY"""
    region: str | None = None
    """region of the key; left out: AZURE_AI_SPEECH_REGION, then SPEECH_REGION"""
    endpoint: str | None = None
    """wss://... address of the service; with or without a key"""
    host: str | None = None
    """ws://host:port of a Speech container"""
    token: SecretStr | None = None
    """authorization token, from the environment only"""
    token_command: list[str] = []
    """program that prints a fresh authorization token; run again before the old one expires"""
    entra: Switch = False
    """sign in with Microsoft Entra ID through azure-identity (extra: entra)"""
    resource_id: str | None = None
    """Azure resource id of the Speech resource, needed with entra"""
    endpoint_id: str | None = None
    """id of a custom speech model"""


class EndpointSettings(Address):
    """One of several endpoints, each with its own sessions."""

    name: str | None = None
    """name in logs and manifests; left out: its host or region"""
    sessions: Annotated[int, Field(ge=1, le=1000)] | Literal["auto"] = "auto"
    """concurrent sessions on this endpoint"""


class ServiceSettings(Address):
    kind: Literal["local", "azure"] = "local"
    """local: the embedded Speech host | azure: the cloud or a container"""
    endpoints: list[EndpointSettings] = []
    """several addresses instead of one, each with its own sessions"""
    sessions: Annotated[int, Field(ge=1, le=1000)] | Literal["auto"] = "auto"
    """concurrent sessions per endpoint; auto: by the machine for local, adaptive up to 100 for azure"""
    upload_speed: Annotated[float, Field(gt=0, le=1000)] | Literal["auto"] = "auto"
    """multiple of real time; auto: the SDK's own throttle for azure, as fast as it is taken for a local host"""
    patience: Duration = 30_000
    """how long a session may be silent beyond the time its audio takes"""
    model: str = "base"
    """local host: base (multilingual), tiny.en (English, fast), a folder, or a hub name"""
    ear: Literal["whisper", "scripted"] = "whisper"
    """local host: the recogniser; scripted says canned phrases and costs nothing"""
    translator: str = "auto"
    """local host: auto, none, apertium, a folder or the name of a CTranslate2 model; several with commas"""
    faults: str | None = None
    """local host: a faults file (docs/how-to/faults.md), to rehearse failures"""
    price_per_hour: Annotated[float, Field(ge=0)] | None = None
    """price of an audio hour, for the cost that plan prints"""


class SegmentationSettings(Section):
    strategy: Literal["default", "time", "semantic"] = "default"
    """how the service ends a phrase"""
    silence: Duration | None = None
    """silence that ends a phrase (100ms to 5s); left out: the service's default"""
    maximum: Duration | None = None
    """longest phrase (20s to 70s); left out: the service's default"""


class RecognitionSettings(Section):
    language: str = "en-US"
    """language of the recordings, as the service names it"""
    languages: list[str] = []
    """two to ten candidates: language identification instead of `language`"""
    identify: Literal["at_start", "continuous"] = "at_start"
    """identify once at the start, or again as the language changes"""
    mode: Literal["continuous", "single_shot", "dictation"] = "continuous"
    """continuous: the whole recording | single_shot: the first utterance only | dictation: spoken punctuation"""
    phrases: list[str] = []
    """words and names the recogniser should expect"""
    phrases_weight: Annotated[float, Field(gt=0, le=2)] = 1.0
    """how strongly phrases are preferred"""
    profanity: Literal["masked", "removed", "raw"] = "masked"
    """masked: with asterisks | removed: left out | raw: as it was said"""
    diarization: Switch = False
    """tell speakers apart (Guest-1, Guest-2, ...)"""
    word_timestamps: Switch = True
    """ask for word times and confidences (detailed results)"""
    segmentation: SegmentationSettings = SegmentationSettings()
    """when a phrase ends"""
    initial_silence: Duration | None = None
    """silence at the start after which the service gives up; left out: the service's default"""
    stable_partials: Annotated[int, Field(ge=1, le=10)] | None = None
    """how often an interim word must repeat before it is shown"""


class TranslationSettings(Section):
    targets: list[str] = []
    """languages to translate into, such as de, fr; empty: no translation"""
    bilingual: Switch = False
    """also write one subtitle with both languages (talk.en+de.srt) per target"""


class OutputSettings(Section):
    folder: str = "transcripts"
    """where outputs, manifest and ledger go; relative to the config file"""
    formats: Annotated[
        list[Literal["json", "srt", "vtt", "txt", "tsv", "ass", "ttml", "azure"]], Field(min_length=1)
    ] = ["json", "srt", "txt"]
    """which files are written for each recording; json keeps everything, and the others can be rendered from it"""


class SubtitleSettings(Section):
    profile: Literal["netflix", "bbc", "plain"] = "netflix"
    """the norm whose numbers hold where none is set below"""
    max_line_chars: Annotated[int, Field(ge=8, le=200)] | None = None
    """characters a line"""
    max_lines: Annotated[int, Field(ge=1, le=4)] | None = None
    """lines a cue"""
    min_duration: Duration | None = None
    """shortest cue"""
    max_duration: Duration | None = None
    """longest cue"""
    max_cps: Annotated[float, Field(gt=0)] | None = None
    """reading speed, characters a second"""
    max_wpm: Annotated[float, Field(gt=0)] | None = None
    """reading speed, words a minute (bbc); setting max_cps alone turns it off"""
    min_gap: Duration | None = None
    """least gap between two cues"""
    close_gap: Duration | None = None
    """a gap shorter than this is closed to min_gap"""
    linger: Duration | None = None
    """how long a cue may stay after its speech, for reading speed"""
    max_pause: Duration | None = None
    """no cue spans a silence as long as this"""
    fps: Annotated[float, Field(gt=0, le=240)] = 24.0
    """frames a second, where the profile counts in frames"""


class RunSettings(Section):
    executor: Literal["local", "dask"] = "local"
    """where jobs run"""
    attempts: Annotated[int, Field(ge=1, le=1000)] = 5
    """how often a chunk is tried before its file fails"""
    retry_failed: Switch = True
    """try files again that failed in an earlier run"""
    backoff: Duration = 1_000
    """the first pause before a retry; doubles each time, with jitter"""
    max_backoff: Duration = 60_000
    """the longest pause before a retry"""
    give_up: Duration = 900_000
    """how long no session may succeed before the rest is left pending"""
    coverage: Literal["fail", "warn", "off"] = "fail"
    """speech without text: fail counts in the exit code, warn only in the manifest, off does not look"""
    grace: Duration = 20_000
    """after the first Ctrl-C: how long work in flight may take to finish"""


class Config(Section):
    """A whole config file."""

    input: InputSettings
    """which recordings"""
    audio: AudioSettings = AudioSettings()
    """how recordings become audio for the service"""
    service: ServiceSettings = ServiceSettings()
    """which Speech service, and how it is reached"""
    recognition: RecognitionSettings = RecognitionSettings()
    """how speech becomes text"""
    translation: TranslationSettings = TranslationSettings()
    """into which languages the text is translated"""
    output: OutputSettings = OutputSettings()
    """which files are written, and where"""
    subtitles: SubtitleSettings = SubtitleSettings()
    """how subtitles are cut and laid out"""
    run: RunSettings = RunSettings()
    """how a run deals with failure"""
