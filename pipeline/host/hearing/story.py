"""What is said to the listener, and in which order?

Windows are decoded out of order; they are told in the order they were spoken. A sentence that goes on in the next
window is kept until that one is told.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

from pipeline.host.hearing.ear import Finished, Heard, HeardWord, Hypothesis, Phrase, Request, Say, Silence
from pipeline.host.hearing.sentences import ends_sentence, split
from pipeline.host.hearing.voices import Stretch, Voices
from pipeline.host.hearing.words import TimedWord

LONGEST_PHRASE_MS = 15_000
"""A sentence is told in parts when it is longer: subtitles and the client's buffer cannot wait for ever."""


@dataclass(frozen=True)
class Told:
    """What a window held, on the stream's clock. `ended`: a pause follows it."""

    words: tuple[TimedWord, ...]
    language: str
    end_ms: int
    ended: bool
    english: tuple[tuple[int, str], ...] = ()
    """For every sentence its English translation, by the start of the sentence."""
    stretches: tuple[Stretch, ...] = ()
    """Where speakers are told apart: the words, stretch by stretch."""


@dataclass(frozen=True)
class Quiet:
    end_ms: int


@dataclass(frozen=True)
class End:
    error: str | None = None


Chapter = Told | Quiet | End


class Story:
    """The chapters of one stream: numbered as they are announced, told in that order, one at a time."""

    def __init__(self, request: Request, say: Say, voices: Voices | None = None) -> None:
        self._request = request
        self._say = say
        self._voices = voices
        self._lock = threading.RLock()  # a listener may cancel from within `say`
        self._announced = 0
        self._next = 0
        self._waiting: dict[int, Chapter] = {}
        self._kept: list[TimedWord] = []  # the words of a sentence that goes on
        self._kept_language = ""
        self._over = False

    def announce(self) -> int:
        """The number of the next chapter; only the stream's own listener calls this, in order."""
        self._announced += 1
        return self._announced - 1

    @property
    def announced(self) -> int:
        return self._announced

    def tell(self, number: int, chapter: Chapter) -> None:
        with self._lock:
            self._waiting[number] = chapter
            while not self._over and self._next in self._waiting:
                chapter = self._waiting.pop(self._next)
                self._next += 1
                for heard in self._heard(chapter):
                    if not self._over:
                        self._say(heard)
                self._over = self._over or isinstance(chapter, End)

    def guess(self, number: int, hypothesis: Hypothesis) -> None:
        """Say an interim guess, unless the chapter it is about (or a later one) has been told."""
        with self._lock:
            if not self._over and self._next <= number:
                self._say(hypothesis)

    def fail(self, error: str) -> None:
        """End here and now: what was not told never will be."""
        with self._lock:
            if not self._over:
                self._over = True
                self._say(Finished(error))

    def stop(self) -> None:
        with self._lock:
            self._over = True
            self._waiting.clear()

    def _heard(self, chapter: Chapter) -> list[Heard]:
        if isinstance(chapter, End):
            return [*self._rest(), Finished(chapter.error)]
        if isinstance(chapter, Quiet):
            return [*self._rest(), Silence(chapter.end_ms)]
        return self._sentences(chapter)

    def _sentences(self, told: Told) -> list[Heard]:
        before: list[Heard] = [] if told.language == self._kept_language else self._rest()
        words = [*self._kept, *self._named(told)]
        self._kept = []
        sentences = [part for sentence in split(words) for part in _by_speaker(sentence)]
        if sentences and not told.ended and not told.english and self._goes_on(sentences[-1]):
            self._kept, self._kept_language = sentences.pop(), told.language
        said: list[Heard] = []
        if words and self._request.hypotheses:
            said.append(self._hypothesis(words, told.language))
        english = dict(told.english)
        said += [self._phrase(words, told.language, english.get(words[0].start_ms)) for words in sentences]
        if not sentences and not self._kept:
            said.append(Silence(told.end_ms))
        return before + said

    def _named(self, told: Told) -> list[TimedWord]:
        """The words with their speakers. Voices are named here, where windows come in the order they were spoken."""
        if self._voices is None:
            return list(told.words)
        words = iter(told.words)
        return [
            replace(word, speaker=name)
            for stretch, name in [(stretch, self._voices.name(stretch)) for stretch in told.stretches]
            for word in islice(words, stretch.words)
        ]

    def _goes_on(self, sentence: Sequence[TimedWord]) -> bool:
        longest_ms = min(self._request.max_phrase_ms or LONGEST_PHRASE_MS, LONGEST_PHRASE_MS)
        if sentence[-1].end_ms - sentence[0].start_ms >= longest_ms:
            return False
        return not ends_sentence(sentence[-1].text, None)

    def _rest(self) -> list[Heard]:
        kept, self._kept = self._kept, []
        return [self._phrase(kept, self._kept_language, None)] if kept else []

    def _hypothesis(self, words: Sequence[TimedWord], language: str) -> Hypothesis:
        text = "".join(word.text for word in words).strip()
        return Hypothesis(words[0].start_ms, words[-1].end_ms, text, self._name(language))

    def _phrase(self, words: Sequence[TimedWord], language: str, english: str | None) -> Phrase:
        text = "".join(word.text for word in words).strip()
        belief = sum(word.confidence for word in words) / len(words)
        return Phrase(
            start_ms=words[0].start_ms,
            end_ms=words[-1].end_ms,
            text=text,
            confidence=round(belief, 4),
            language=self._name(language),
            words=tuple(_heard_word(word) for word in words) if self._request.word_times else (),
            english=english,
            speaker=words[0].speaker,
        )

    def _name(self, language: str) -> str:
        """The language as the request named it."""
        return next((name for name in self._request.languages if primary(name) == language), language)


def _by_speaker(words: list[TimedWord]) -> list[list[TimedWord]]:
    return [list(said) for _, said in groupby(words, key=lambda word: word.speaker)]


def primary(language: str) -> str:
    """`de` of `de-DE`, as Whisper names it."""
    subtag = language.replace("_", "-").partition("-")[0].lower()
    return {"nb": "no", "fil": "tl", "jv": "jw", "iw": "he", "cmn": "zh"}.get(subtag, subtag)


def _heard_word(word: TimedWord) -> HeardWord:
    return HeardWord(word.text.strip(), word.start_ms, word.end_ms, round(word.confidence, 4))
