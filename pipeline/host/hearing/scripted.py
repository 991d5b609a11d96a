"""What does an ear say that costs nothing, and gives away any lost or repeated audio?

Each half second of audio that is not silent is one word, chosen by a checksum of its samples; each five seconds are
one phrase. The same audio gives the same text however it was cut into messages. A reconnected client sends again from
the end of the last final phrase, which is a multiple of five seconds, so the text is the same after reconnects too,
and audio that was lost, repeated or reordered on the way changes the words.
"""

from __future__ import annotations

import zlib

import numpy as np

from pipeline.host.hearing.ear import (
    SAMPLE_RATE_HZ,
    Ear,
    Finished,
    HeardWord,
    Hearing,
    Hypothesis,
    Pcm,
    Phrase,
    Request,
    Say,
    Silence,
)
from pipeline.host.hearing.vocabulary import WORDS, sentence
from pipeline.host.languages import primary

WORD_MS = 500
PHRASE_MS = 5_000
_WORD_SAMPLES = WORD_MS * SAMPLE_RATE_HZ // 1000
_SHORTEST_WORD_SAMPLES = SAMPLE_RATE_HZ // 10
_WORDS_A_PHRASE = PHRASE_MS // WORD_MS
_WORDS_A_HYPOTHESIS = 4
_PAUSE_MS = 50
# Speech and noise are far louder; a codec's rounding of digital silence is not.
_SILENT_BELOW = 64


class ScriptedEar(Ear):
    """Words by checksum; see the module."""

    name = "scripted"
    translates_to_english = True
    diarizes = True

    def supports(self, language: str) -> bool:
        return primary(language) in WORDS

    def languages(self) -> tuple[str, ...]:
        return tuple(sorted(WORDS))

    def open(self, request: Request, say: Say) -> Hearing:
        return _ScriptedHearing(request, say)

    def close(self) -> None:
        pass


class _ScriptedHearing(Hearing):
    def __init__(self, request: Request, say: Say):
        self._request = request
        self._say = say
        self._waiting: Pcm = np.zeros(0, np.int16)
        self._start_ms = 0
        self._heard: list[int | None] = []
        self._cancelled = False

    def feed(self, pcm: Pcm) -> None:
        if self._cancelled:
            return
        samples = np.concatenate((self._waiting, pcm)) if len(self._waiting) else pcm
        at = 0
        while len(samples) - at >= _WORD_SAMPLES and not self._cancelled:
            self._take(samples[at : at + _WORD_SAMPLES])
            at += _WORD_SAMPLES
        self._waiting = samples[at:].copy()

    def end(self) -> None:
        if self._cancelled:
            return
        end_ms = self._start_ms + len(self._heard) * WORD_MS + len(self._waiting) * 1000 // SAMPLE_RATE_HZ
        if len(self._waiting) >= _SHORTEST_WORD_SAMPLES:
            self._heard.append(_number(self._waiting))
        self._phrase(end_ms)
        self._cancelled = True
        self._say(Finished())

    def cancel(self) -> None:
        self._cancelled = True

    def _take(self, samples: Pcm) -> None:
        self._heard.append(_number(samples))
        if len(self._heard) == _WORDS_A_PHRASE:
            self._phrase(self._start_ms + PHRASE_MS)
        elif self._request.hypotheses and len(self._heard) % _WORDS_A_HYPOTHESIS == 0:
            self._hypothesis()

    def _hypothesis(self) -> None:
        words = self._words(self._start_ms + len(self._heard) * WORD_MS)
        if words:
            text = " ".join(word.text for word in words).lower().rstrip(".")
            self._say(Hypothesis(self._start_ms, words[-1].end_ms, text, self._language()))

    def _phrase(self, end_ms: int) -> None:
        words = self._words(end_ms)
        if words:
            self._say(self._spoken(words, end_ms))
        elif end_ms > self._start_ms:
            self._say(Silence(end_ms))
        self._start_ms, self._heard = end_ms, []

    def _spoken(self, words: tuple[HeardWord, ...], end_ms: int) -> Phrase:
        numbers = self._numbers()
        return Phrase(
            start_ms=self._start_ms,
            end_ms=end_ms,
            text=" ".join(word.text for word in words),
            confidence=0.9,
            language=self._language(),
            words=words if self._request.word_times else (),
            speaker=f"Guest-{1 + numbers[0] % 2}" if self._request.diarize else None,
            english=" ".join(sentence(numbers, "en")) if self._request.translate_to_english else None,
        )

    def _words(self, end_ms: int) -> tuple[HeardWord, ...]:
        starts = [self._start_ms + at * WORD_MS for at, number in enumerate(self._heard) if number is not None]
        texts = sentence(self._numbers(), self._language())
        return tuple(
            HeardWord(text, start + _PAUSE_MS, min(start + WORD_MS - _PAUSE_MS, end_ms), 0.9)
            for text, start in zip(texts, starts, strict=True)
        )

    def _numbers(self) -> list[int]:
        return [number for number in self._heard if number is not None]

    def _language(self) -> str:
        """The first candidate, or one by the phrase's first word where languages may change."""
        languages, numbers = self._request.languages, self._numbers()
        if not self._request.identify_continuously or not numbers:
            return languages[0]
        return languages[numbers[0] % len(languages)]


def _number(samples: Pcm) -> int | None:
    """The checksum of half a second; None: it is silent."""
    if int(samples.max()) < _SILENT_BELOW and int(samples.min()) > -_SILENT_BELOW:
        return None
    return zlib.crc32(samples.tobytes())
