"""What does the host ask of a recogniser?

The host turns whatever the SDK sends into 16 kHz mono PCM and feeds it to a Hearing as it arrives; the Hearing says
phrases as soon as they are final. Times are whole milliseconds from the first sample of that Hearing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000

Pcm = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Request:
    """What one turn wants: languages as asked for (BCP-47, such as `en-US`); more than one means identify.

    `translate_to_english` asks for an English translation by the ear itself (Whisper's translate task), beside the
    text. `phrases` are hints. `hypotheses` False means interim results are not wanted. `offset_ms` is where this
    Hearing starts on the client's clock (above 0 after a reconnect); times said stay relative to the Hearing.
    `speaker_session` is the same for the turns of one diarized conversation, so that voices keep their names.
    """

    languages: tuple[str, ...]
    identify_continuously: bool = False
    phrases: tuple[str, ...] = ()
    word_times: bool = True
    hypotheses: bool = True
    diarize: bool = False
    translate_to_english: bool = False
    end_silence_ms: int | None = None
    max_phrase_ms: int | None = None
    offset_ms: int = 0
    speaker_session: str | None = None


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as displayed (with its punctuation and case), its time, and the recogniser's belief in it (0 to 1)."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """An interim guess at the phrase now being spoken."""

    start_ms: int
    end_ms: int
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A final phrase; `language` is one of the request's languages, `speaker` is None unless asked for."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float
    language: str
    words: tuple[HeardWord, ...] = ()
    speaker: str | None = None
    english: str | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was said up to `end_ms`: final, so the client may forget the audio before it."""

    end_ms: int


@dataclass(frozen=True, slots=True)
class Finished:
    """Everything fed has been heard; nothing follows. `error` tells of a fault of the recogniser itself."""

    error: str | None = None


Heard = Hypothesis | Phrase | Silence | Finished

Say = Callable[[Heard], None]


class Hearing(Protocol):
    """One stream of audio being listened to."""

    def feed(self, pcm: Pcm) -> None:
        """Take the next samples. Cheap: never waits for the recogniser."""

    def end(self) -> None:
        """No more audio: what remains is heard, then Finished is said, once."""

    def cancel(self) -> None:
        """Forget everything; nothing more is said."""


class Ear(Protocol):
    """A recogniser that many turns share."""

    name: str
    """for people and manifests, such as `whisper-base@d01c3014`"""

    translates_to_english: bool
    """whether Request.translate_to_english is understood (a multilingual model)"""

    @property
    def diarizes(self) -> bool:
        """Whether Request.diarize is understood."""

    def supports(self, language: str) -> bool:
        """Whether a BCP-47 language can be heard."""

    def languages(self) -> tuple[str, ...]:
        """Every language that can be heard, as ISO 639-1 codes, sorted."""

    def open(self, request: Request, say: Say) -> Hearing:
        """Start listening; `say` is called in order, from any thread, never concurrently for one Hearing."""

    def close(self) -> None:
        """Stop all threads and free the model."""
