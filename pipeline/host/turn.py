"""Which messages answer what was heard, from the start of a turn to its end?

No socket, no clock: what was heard goes in, messages come out. The traps of the protocol are kept here:
- only final phrases let the client forget audio, and a client that may not forget gives up after 66 s of it, so long
  silence is answered with NoMatch phrases;
- a turn that ends before all its audio is acknowledged, to the millisecond, makes the client send the rest again in
  a turn of its own, so EndOfDictation lies at the end of the audio, rounded up.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.host import wording
from pipeline.host.hearing.ear import Finished, Heard, Hypothesis, Phrase, Silence
from pipeline.host.messages import (
    EndDetected,
    ServerMessage,
    SpeechHypothesis,
    SpeechPhrase,
    StartDetected,
    TranslationResponse,
    Translations,
    TranslationV1,
    TurnEnd,
    TurnStart,
)
from pipeline.host.wanted import Wanted

_INITIAL_SILENCE_MS = {"interactive": 5_000, "conversation": 15_000, "dictation": 15_000}
# Well below the 33 s at which the client begins to slow down.
_LONGEST_UNANSWERED_MS = 15_000


class Turn:
    """The state of one turn. Every method returns the messages to send, in order."""

    def __init__(self, wanted: Wanted, new_id: Callable[[], str]):
        self.wanted = wanted
        self.ended = False
        self._new_id = new_id
        self._id = new_id()
        self._answered_ms = 0
        self._spoken = False
        self._guesses: list[list[str]] = []

    def begin(self) -> list[ServerMessage]:
        return [TurnStart(self._new_id())]

    def hear(self, heard: Heard, translations: Translations, end_ms: int) -> list[ServerMessage]:
        """What to say to `heard`; `translations` are those of a Phrase or Hypothesis, `end_ms` is where the audio
        received so far ends."""
        if self.ended:
            return []
        if isinstance(heard, Hypothesis):
            return self._guess(heard, translations)
        if isinstance(heard, Phrase):
            return self._phrase(heard, translations)
        if isinstance(heard, Silence):
            return self._silence(heard.end_ms)
        return self._finish(heard, end_ms)

    def _guess(self, heard: Hypothesis, translations: Translations) -> list[ServerMessage]:
        text = self._stable(heard.text)
        if not text:
            return []
        text = wording.clean(text, heard.language, self.wanted)
        message = SpeechHypothesis(
            self._id,
            text,
            heard.start_ms,
            heard.end_ms - heard.start_ms,
            self._language(heard.language),
            "Unknown" if self.wanted.diarize_hypotheses else None,
        )
        return [*self._start(heard.start_ms), self._translated(message, translations)]

    def _stable(self, text: str) -> str:
        """The words on which the last hypotheses agree."""
        self._guesses = [*self._guesses, text.split()][-self.wanted.stable_after :]
        if len(self._guesses) < self.wanted.stable_after:
            return ""
        if self.wanted.stable_after == 1:
            return text
        agreed = []
        for words in zip(*self._guesses):  # noqa: B905 - the shortest guess is the limit
            if len(set(words)) > 1:
                break
            agreed.append(words[0])
        return " ".join(agreed)

    def _phrase(self, heard: Phrase, translations: Translations) -> list[ServerMessage]:
        phrase = wording.as_wanted(heard, self.wanted)
        if not heard.text.strip():
            return self._silence(heard.end_ms)
        start = self._start(heard.start_ms)
        message = SpeechPhrase(
            self._id,
            "Success",
            phrase.start_ms,
            phrase.end_ms - phrase.start_ms,
            phrase.text,
            wording.best(phrase, self.wanted) if self.wanted.detailed else None,
            self._language(phrase.language),
            phrase.speaker if self.wanted.diarize else None,
        )
        self._answer(heard.end_ms)
        return [*start, *self._closing(heard.end_ms, self._translated(message, translations))]

    def _silence(self, end_ms: int) -> list[ServerMessage]:
        limit = _LONGEST_UNANSWERED_MS
        if not self._spoken:
            limit = self.wanted.initial_silence_ms or _INITIAL_SILENCE_MS[self.wanted.mode]
        if end_ms - self._answered_ms < min(limit, 60_000):
            return []
        return self._closing(end_ms, self._no_match(end_ms))

    def _no_match(self, end_ms: int) -> SpeechPhrase:
        status = "NoMatch" if self._spoken else "InitialSilenceTimeout"
        length_ms = max(end_ms - self._answered_ms, 0)
        message = SpeechPhrase(self._id, status, self._answered_ms, length_ms)
        self._answer(end_ms)
        return message

    def _finish(self, heard: Finished, end_ms: int) -> list[ServerMessage]:
        self.ended = True
        if heard.error is not None:
            return [SpeechPhrase(self._id, "Error", self._answered_ms, 0), TurnEnd()]
        end_ms = max(end_ms, self._answered_ms)
        if self.wanted.mode == "interactive":
            return [EndDetected(end_ms), self._no_match(end_ms), TurnEnd()]
        last = SpeechPhrase(self._id, "EndOfDictation", end_ms, 0)
        return [EndDetected(end_ms), last, TurnEnd()]

    def _closing(self, end_ms: int, message: ServerMessage) -> list[ServerMessage]:
        """A final message, and what follows it: an interactive turn is over with its first."""
        if self.wanted.mode != "interactive":
            return [message]
        self.ended = True
        return [EndDetected(end_ms), message, TurnEnd()]

    def _start(self, start_ms: int) -> list[ServerMessage]:
        if self._spoken:
            return []
        self._spoken = True
        return [StartDetected(start_ms)]

    def _answer(self, end_ms: int) -> None:
        self._answered_ms = max(self._answered_ms, end_ms)
        self._id = self._new_id()
        self._guesses = []

    def _language(self, language: str) -> str | None:
        return language if self.wanted.identify else None

    def _translated(self, message: SpeechPhrase | SpeechHypothesis, translations: Translations) -> ServerMessage:
        if not self.wanted.targets:
            return message
        if self.wanted.translation_v1:
            return TranslationV1(message, translations)
        return TranslationResponse(message, translations)
