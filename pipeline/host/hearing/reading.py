"""What is said in a window, and can it be believed?

A first draft is made from the window and a few seconds of silence after it: several times cheaper than the 30 s
that Whisper programs compute for everything. Such a short sound can make Whisper loop or give up, so a doubtful
draft is made again with the full 30 s; and where there is too little text for the voice that was heard, the sound
is read again in pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.host.hearing.ear import SAMPLE_RATE_HZ
from pipeline.host.hearing.network import MUCH_S, Draft, Network, Sound
from pipeline.host.hearing.omission import letters, pieces, seems_short
from pipeline.host.hearing.words import TimedWord, moved

DULL_SCORE = -1.0
"""Below this average log probability of a token the text is a guess."""
REPETITIVE = 2.2
NO_SPEECH = 0.6
MUCH_MORE = 1.15
"""The pieces must have so much more text to be preferred."""

SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000


@dataclass(frozen=True)
class Reading:
    """What was read from a sound. Times are ms from its start; no words: nothing was said."""

    words: tuple[TimedWord, ...]
    language: str
    sureness: float = 1.0
    """Of the language, among those asked for."""

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)


def read(network: Network, sounds: Sequence[Sound]) -> list[Reading]:
    """Read sounds of one length together."""
    found = _read(network, sounds)
    return [_completed(network, sound, reading) for sound, reading in zip(sounds, found, strict=True)]


def glance(network: Network, sound: Sound) -> tuple[str, str]:
    """A quick guess at the text of a sound that goes on, and its language: no second look, no times."""
    encoded = network.encode(sound, sound.length_s)
    language, _ = network.identify(sound, encoded)
    draft = network.draft([sound], [encoded], [language])[0]
    return ("" if _doubtful(draft) else draft.text.strip()), language


def _read(network: Network, sounds: Sequence[Sound]) -> list[Reading]:
    encoded = [network.encode(sound, sound.length_s) for sound in sounds]
    named = [network.identify(sound, seen) for sound, seen in zip(sounds, encoded, strict=True)]
    drafts = network.draft(sounds, encoded, [language for language, _ in named])
    return [_checked(network, *each) for each in zip(sounds, encoded, drafts, named, strict=True)]


def _checked(network: Network, sound: Sound, encoded: Any, draft: Draft, named: tuple[str, float]) -> Reading:
    language, sureness = named
    if _doubtful(draft):
        longer = network.encode(sound, max(sound.length_s, MUCH_S))
        second = network.draft([sound], [longer], [language])[0]
        if not _doubtful(second) or second.score > draft.score:
            draft, encoded = second, longer
    if not _believable(draft):
        return Reading((), language, sureness)
    return Reading(tuple(network.words(sound, encoded, draft, language)), language, sureness)


def _completed(network: Network, sound: Sound, reading: Reading) -> Reading:
    """The reading, or that of its pieces where they tell much more."""
    if not seems_short(reading.text, sound.speech, reading.language):
        return reading
    parts = pieces(sound.speech, len(sound.pcm) // SAMPLES_PER_MS)
    if len(parts) < 2:
        return reading
    words: list[TimedWord] = []
    for part in parts:
        pcm = sound.pcm[part.start_ms * SAMPLES_PER_MS : part.end_ms * SAMPLES_PER_MS]
        alone = replace(sound, pcm=pcm, speech=part.speech, languages=(reading.language,))
        words += [moved(word, part.start_ms) for word in _read(network, [alone])[0].words]
    in_pieces = replace(reading, words=tuple(words))
    return in_pieces if letters(in_pieces.text) > MUCH_MORE * letters(reading.text) else reading


def _doubtful(draft: Draft) -> bool:
    return draft.capped or not draft.tokens or draft.score < DULL_SCORE or draft.repetition > REPETITIVE


def _believable(draft: Draft) -> bool:
    looped = draft.capped or draft.repetition > REPETITIVE
    return bool(draft.tokens) and not looped and not (draft.no_speech > NO_SPEECH and draft.score < DULL_SCORE)
