"""What is said in a window, and can it be believed?

A first draft is made from the window and a few seconds of silence after it: several times cheaper than the 30 s
that Whisper programs compute for everything. Such a short sound can make Whisper loop or give up, so a doubtful
draft is made again with more silence after it. An unsure one is searched for with more beams, and a part of the
window that has a voice and hardly any words is read again alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.host.hearing.ear import SAMPLE_RATE_HZ
from pipeline.host.hearing.network import MUCH_S, STEP_S, WHOLE_S, Draft, Network, Sound
from pipeline.host.hearing.omission import letters, unheard
from pipeline.host.hearing.words import TimedWord, moved, settle

UNSURE_SCORE = -0.25
"""Below this average log probability of a token a wider search pays: it reads mumbled speech better."""
BEAMS = 5

DULL_SCORE = -1.0
"""Below this average log probability of a token the text is a guess."""
REPETITIVE = 2.2
NO_SPEECH = 0.6

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
    drafts = _drafts(network, sounds, encoded, [language for language, _ in named])
    return [_checked(network, *each) for each in zip(sounds, encoded, drafts, named, strict=True)]


def _drafts(network: Network, sounds: Sequence[Sound], encoded: Sequence[Any], languages: Sequence[str]) -> list[Draft]:
    """Greedy texts; where one is not sure of itself, the best of a wider search."""
    drafts = network.draft(sounds, encoded, languages)
    unsure = [at for at, draft in enumerate(drafts) if not _broken(draft) and draft.score < UNSURE_SCORE]
    if unsure:
        wide = network.draft(
            [sounds[at] for at in unsure],
            [encoded[at] for at in unsure],
            [languages[at] for at in unsure],
            beams=BEAMS,
        )
        for at, draft in zip(unsure, wide, strict=True):
            drafts[at] = draft if draft.score > drafts[at].score and not _broken(draft) else drafts[at]
    return drafts


def _checked(network: Network, sound: Sound, encoded: Any, draft: Draft, named: tuple[str, float]) -> Reading:
    language, sureness = named
    if _doubtful(draft):
        draft, encoded = _second(network, sound, language, sound.length_s + STEP_S, draft, encoded)
    if _broken(draft):
        draft, encoded = _second(network, sound, language, MUCH_S, draft, encoded)
    if not _believable(draft):
        return Reading((), language, sureness)
    return Reading(tuple(network.words(sound, encoded, draft, language)), language, sureness)


def _second(
    network: Network, sound: Sound, language: str, length_s: float, first: Draft, seen: Any
) -> tuple[Draft, Any]:
    """The better of a draft and the one made with more silence after the sound, and what it was made from."""
    length_s = min(max(length_s, sound.length_s), WHOLE_S)
    encoded = network.encode(sound, length_s)
    second = network.draft([sound], [encoded], [language])[0]
    better = not _doubtful(second) or (not _broken(second), second.score) > (not _broken(first), first.score)
    return (second, encoded) if better else (first, seen)


def _completed(network: Network, sound: Sound, reading: Reading) -> Reading:
    """The reading with what was left out of it: the parts that have a voice and hardly any words, read alone."""
    words = list(reading.words)
    for part in unheard(words, sound.speech, len(sound.pcm) // SAMPLES_PER_MS, reading.language):
        pcm = sound.pcm[part.start_ms * SAMPLES_PER_MS : part.end_ms * SAMPLES_PER_MS]
        alone = replace(sound, pcm=pcm, speech=part.speech, languages=(reading.language,))
        found = [moved(word, part.start_ms) for word in _read(network, [alone])[0].words]
        there = [word for word in words if part.start_ms <= (word.start_ms + word.end_ms) // 2 < part.end_ms]
        if _letters(found) > _letters(there):
            before = [word for word in words if word not in there and word.start_ms < part.start_ms]
            words = [*before, *found, *words[len(before) + len(there) :]]
    return replace(reading, words=tuple(settle(words, sound.speech)))


def _letters(words: Sequence[TimedWord]) -> int:
    return sum(letters(word.text) for word in words)


def _broken(draft: Draft) -> bool:
    """Whether it loops, or gave up: this is no text of the sound."""
    return draft.capped or not draft.tokens or draft.repetition > REPETITIVE


def _doubtful(draft: Draft) -> bool:
    return _broken(draft) or draft.score < DULL_SCORE


def _believable(draft: Draft) -> bool:
    return not _broken(draft) and not (draft.no_speech > NO_SPEECH and draft.score < DULL_SCORE)
