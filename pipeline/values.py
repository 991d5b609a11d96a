"""Which frozen values cross the rooms?

All times are whole milliseconds on the source's own clock unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """One recording the config asks for.

    `location` is where it is, as the system spells it (undecodable bytes as surrogates);
    `name` is the path relative to the input root, `/`-separated, as the manifest shows it;
    `output` is the collision-free stem, relative to the output folder, that its outputs share.
    `options` are the per-file overrides of the options table, in the config's own key names.
    """

    location: str
    name: str
    output: str
    bytes: int
    mtime_ns: int
    options: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> Path:
        """Made when asked for: of a million known files nobody asks."""
        return Path(self.location)


@dataclass(frozen=True, slots=True)
class Media:
    """What the container said about the recording before it was converted."""

    codec: str
    sample_rate_hz: int
    channels: int
    duration_ms: int
    has_video: bool = False


@dataclass(frozen=True, slots=True)
class Clip:
    """A 16 kHz 16-bit mono PCM WAV whose time 0 is the source's time 0; one per transcript channel.

    Or, where the SDK is to decode it, the source itself: its audio begins `lead_ms` after the source's time 0.
    """

    path: Path
    duration_ms: int
    channel: int = 0
    lead_ms: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a clip: the unit of recognition, checkpoint and retry."""

    clip: Clip
    start_ms: int
    end_ms: int

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """One final result of the service.

    `text` is the display form, `lexical` the bare words. `words` may be empty (the service was not asked, or
    gave none) and their text may be the lexical form. `translations` maps a target language to its text;
    a target the service failed on is in `untranslated` with the reason instead.
    """

    start_ms: int
    end_ms: int
    text: str
    lexical: str = ""
    confidence: float | None = None
    language: str | None = None
    speaker: str | None = None
    channel: int = 0
    translations: Mapping[str, str] = field(default_factory=dict)
    untranslated: Mapping[str, str] = field(default_factory=dict)
    words: tuple[Word, ...] = ()

    def later(self, by_ms: int) -> Segment:
        """The same on a clock that began `by_ms` before this one's."""
        words = tuple(replace(w, start_ms=w.start_ms + by_ms, end_ms=w.end_ms + by_ms) for w in self.words)
        return replace(self, start_ms=self.start_ms + by_ms, end_ms=self.end_ms + by_ms, words=words)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which somebody speaks and no segment has text."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Does the text account for the speech? `verdict` is pass, warn or fail; `notes` say why not pass."""

    verdict: str
    speech_ms: int
    covered_ms: int
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """One SDK session whose results are in the transcript."""

    id: str
    endpoint: str
    start_ms: int
    end_ms: int
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Recording:
    """The source as the transcript describes it."""

    path: str
    sha256: str
    bytes: int
    media: Media


@dataclass(frozen=True, slots=True)
class MadeBy:
    """Which program, SDK, service, model and settings made a transcript."""

    pipeline: str
    sdk: str
    service: str
    model: str | None
    settings: str


@dataclass(frozen=True, slots=True)
class Transcript:
    source: Recording
    made_by: MadeBy
    languages: tuple[str, ...]
    segments: tuple[Segment, ...]
    coverage: Coverage | None = None
    sessions: tuple[Session, ...] = ()

    @property
    def duration_ms(self) -> int:
        return self.source.media.duration_ms

    @property
    def targets(self) -> tuple[str, ...]:
        """Translation target languages in this transcript, in order of first appearance."""
        seen = {target: None for segment in self.segments for target in segment.translations}
        return tuple(seen)


@dataclass(frozen=True, slots=True)
class Output:
    """A file that was written: path relative to the output folder, `/`-separated."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as a value: what happened, where, and what the user can do."""

    code: str
    stage: str
    message: str
    retryable: bool = False
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    source: str
    audio_ms: int
    took_s: float
    attempts: int
    segments: int
    outputs: tuple[Output, ...]
    sha256: str = ""
    languages: tuple[str, ...] = ()
    coverage: str | None = None
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    source: str
    fault: Fault
    attempts: int
    took_s: float = 0.0
    audio_ms: int = 0
    tried: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing was done, on purpose: `reason` is unchanged, limit, excluded or pending."""

    source: str
    reason: str


Outcome = Done | Failed | Skipped
