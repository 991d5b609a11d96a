"""What does the scripted ear say when a script is given: which phrases, when, in which language, by whom?

A script fixes the text for programs whose tests need a known conversation. Its times are on the client's clock, so a
reconnected turn goes on where the last one ended.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from pipeline.host import strict
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
from pipeline.host.hearing.vocabulary import WORDS
from pipeline.host.languages import primary
from pipeline.host.strict import DurationMs, Strict

_QUIET_MS = 5_000


class Line(Strict):
    """One phrase of a script."""

    start: DurationMs
    end: DurationMs
    text: str = Field(min_length=1)
    language: str | None = None
    speaker: str | None = None
    english: str | None = None
    confidence: float = Field(default=0.9, ge=0, le=1)

    @model_validator(mode="after")
    def _lasts(self) -> Line:
        if self.end <= self.start:
            raise ValueError("a phrase ends after it starts")
        return self


class Script(Strict):
    """A whole script file."""

    phrases: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Script:
        for line, following in zip(self.phrases, self.phrases[1:]):  # noqa: B905 - pairs of neighbours
            if following.start < line.end:
                raise ValueError(f"the phrase at {following.start} ms starts before the one before it ends")
        return self


def load(path: Path) -> Script:
    """Raises BadFile, OSError."""
    return strict.load(path, Script)


class ScriptEar(Ear):
    """Says the phrases of a script as the audio passes their ends."""

    name = "script"
    translates_to_english = True
    diarizes = True

    def __init__(self, script: Script):
        self._script = script
        spoken = {primary(line.language) for line in script.phrases if line.language}
        self._languages = tuple(sorted({*WORDS, *spoken}))

    def supports(self, language: str) -> bool:
        return primary(language) in self._languages

    def languages(self) -> tuple[str, ...]:
        return self._languages

    def open(self, request: Request, say: Say) -> Hearing:
        return _ScriptHearing(self._script.phrases, request, say)

    def close(self) -> None:
        pass


class _ScriptHearing(Hearing):
    def __init__(self, lines: tuple[Line, ...], request: Request, say: Say):
        self._request = request
        self._say = say
        self._lines = [line for line in lines if line.start >= request.offset_ms]
        self._samples = 0
        self._told_ms = request.offset_ms
        self._guessed = False
        self._over = False

    @property
    def _now_ms(self) -> int:
        return self._request.offset_ms + self._samples * 1000 // SAMPLE_RATE_HZ

    def feed(self, pcm: Pcm) -> None:
        if not self._over:
            self._samples += len(pcm)
            self._tell()

    def end(self) -> None:
        if self._over:
            return
        self._tell()
        if self._lines and self._lines[0].start < self._now_ms:
            self._phrase(self._lines.pop(0))
        self._over = True
        self._say(Finished())

    def cancel(self) -> None:
        self._over = True

    def _tell(self) -> None:
        while self._lines and self._lines[0].end <= self._now_ms:
            self._phrase(self._lines.pop(0))
        quiet_ms = min(self._now_ms, self._lines[0].start) if self._lines else self._now_ms
        if quiet_ms - self._told_ms >= _QUIET_MS:
            self._told_ms = quiet_ms
            self._say(Silence(self._turn_ms(quiet_ms)))
        self._guess()

    def _guess(self) -> None:
        """Half of a phrase's words once half of it has been heard."""
        if not self._lines or self._guessed or not self._request.hypotheses:
            return
        line = self._lines[0]
        half_ms = (line.start + line.end) // 2
        words = line.text.split()
        if half_ms <= self._now_ms and len(words) > 1:
            self._guessed = True
            text = " ".join(words[: len(words) // 2])
            start_ms, end_ms = self._turn_ms(line.start), self._turn_ms(half_ms)
            self._say(Hypothesis(start_ms, end_ms, text, self._language(line)))

    def _phrase(self, line: Line) -> None:
        self._told_ms = end_ms = min(line.end, self._now_ms)
        self._guessed = False
        self._say(
            Phrase(
                self._turn_ms(line.start),
                self._turn_ms(end_ms),
                line.text,
                line.confidence,
                self._language(line),
                self._words(line, end_ms) if self._request.word_times else (),
                (line.speaker or "Guest-1") if self._request.diarize else None,
                line.english if self._request.translate_to_english else None,
            )
        )

    def _words(self, line: Line, end_ms: int) -> tuple[HeardWord, ...]:
        words = line.text.split()
        start_ms, length_ms = self._turn_ms(line.start), end_ms - line.start
        edges = [start_ms + length_ms * at // len(words) for at in range(len(words) + 1)]
        return tuple(HeardWord(word, edges[at], edges[at + 1], line.confidence) for at, word in enumerate(words))

    def _turn_ms(self, client_ms: int) -> int:
        return client_ms - self._request.offset_ms

    def _language(self, line: Line) -> str:
        asked = self._request.languages
        said = primary(line.language or asked[0])
        return next((language for language in asked if primary(language) == said), asked[0])
