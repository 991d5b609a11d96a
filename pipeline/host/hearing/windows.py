"""Where is the stream cut, so that Whisper hears whole utterances and no window is longer than it must be?

Pure: probabilities of speech go in, windows come out, and the same probabilities always give the same windows.
Why these numbers: docs/decisions/0010-windows-and-guards.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.host.hearing.voice import FRAME_MS

SPEECH_FROM = 0.5
SILENCE_BELOW = 0.35
"""Between the two a frame is what the frame before it was."""

SILENT_FRAMES = 4
"""Shorter dips are part of a word."""

LEAD_FRAMES = 10
"""Heard before the onset, and after the end: a soft consonant is not yet voice."""


@dataclass(frozen=True)
class Limits:
    """How windows are cut, in milliseconds of audio."""

    end_silence_ms: int = 900
    """A pause this long ends the window."""
    breath_ms: int = 256
    """A sentence may have ended at a pause this long,"""
    breath_waits_ms: int = 9_000
    """and is decoded so long after it at the latest, so that its text is final within 10 s of being said."""
    longest_ms: int = 19_000
    """A window is cut at its best pause when it is this long: text is final within 10 s of being said."""
    shortest_ms: int = 4_000
    """A cut that is not an end of speech leaves at least this much before it."""
    silence_every_ms: int = 10_000


@dataclass(frozen=True)
class Window:
    """A stretch to decode, in frames; `speech` are the voiced stretches in it.

    `ended` says that a real pause follows; otherwise the speaker goes on in the next window.
    """

    start: int
    end: int
    speech: tuple[tuple[int, int], ...]
    ended: bool


@dataclass(frozen=True)
class Pause:
    """Nobody has spoken up to `end` (frames) since the last window or pause."""

    end: int


@dataclass
class Cutter:
    """The state of one stream. `frame` counts the frames seen."""

    limits: Limits = field(default_factory=Limits)
    frame: int = 0
    _speech: list[tuple[int, int]] = field(default_factory=list)  # finished voiced stretches of the open window
    _onset: int | None = None  # of the voiced stretch that goes on
    _quiet: int = 0  # frames since voice was last heard in it
    _softest: list[float] = field(default_factory=list)  # probabilities of the open window
    _closed: int = 0  # end of the last window
    _told: int = 0  # up to here the stream is accounted for

    @property
    def open_from(self) -> int:
        """The first frame that may still be needed."""
        if self._first_voice is None:
            return max(self._closed, self.frame - LEAD_FRAMES)
        return max(self._closed, self._first_voice - LEAD_FRAMES)

    @property
    def open_speech(self) -> tuple[tuple[int, int], ...]:
        """The voiced stretches of the window that is open, for a first guess at it."""
        going_on = [] if self._onset is None else [(self._onset, self.frame)]
        return (*self._speech, *going_on)

    @property
    def _silence_ms(self) -> int:
        """How long nobody has spoken in the open window."""
        return 0 if self._onset is not None else _ms(self.frame - self._speech[-1][1])

    @property
    def _opened(self) -> int:
        """The frame of the first remembered probability."""
        return self.frame - len(self._softest)

    @property
    def _first_voice(self) -> int | None:
        return self._speech[0][0] if self._speech else self._onset

    def push(self, probabilities: Iterable[float]) -> list[Window | Pause]:
        found: list[Window | Pause] = []
        for probability in probabilities:
            self._hear(float(probability))
            found += self._cut()
        return found

    def finish(self) -> list[Window | Pause]:
        """No more audio: the open window ends."""
        self._close_stretch(self.frame - self._quiet)
        return [self._take(self.frame, ended=True)] if self._speech else []

    def _hear(self, probability: float) -> None:
        self.frame += 1
        if self._first_voice is not None or probability >= SPEECH_FROM:
            self._softest.append(probability)
        if self._onset is None:
            if probability >= SPEECH_FROM:
                self._onset, self._quiet = self.frame - 1, 0
            return
        self._quiet = self._quiet + 1 if probability < SILENCE_BELOW else 0
        if self._quiet >= SILENT_FRAMES:
            self._close_stretch(self.frame - self._quiet)

    def _close_stretch(self, end: int) -> None:
        if self._onset is not None:
            self._speech.append((self._onset, end))
            self._onset, self._quiet = None, 0

    def _cut(self) -> list[Window | Pause]:
        limits = self.limits
        if self._first_voice is None:
            if _ms(self.frame - self._told) < limits.silence_every_ms:
                return []
            self._told = self.open_from
            return [Pause(self._told)]
        if self._silence_ms >= limits.end_silence_ms:
            return [self._take(self.frame, ended=True)]
        if _ms(self.frame - self._first_voice) >= limits.longest_ms or self._breath_waited():
            return [self._split()]
        return []

    def _breath_waited(self) -> bool:
        """Whether speech before a pause, at which a sentence may have ended, has waited long enough."""
        first = self._first_voice
        assert first is not None
        shortest = first + self.limits.shortest_ms // FRAME_MS
        for early, late in self._gaps():
            if early >= shortest and _ms(late - early) >= self.limits.breath_ms:
                return _ms(self.frame - early) >= self.limits.breath_waits_ms
        return False

    def _gaps(self) -> list[tuple[int, int]]:
        """The pauses of the open window, the one that goes on included."""
        whole = self.open_speech
        gaps = [(early[1], late[0]) for early, late in pairwise(whole)]
        return gaps if self._onset is not None else [*gaps, (whole[-1][1], self.frame)]

    def _take(self, end: int, *, ended: bool) -> Window:
        """Close the window with all its finished stretches."""
        start = self.open_from
        end = min(end, self._speech[-1][1] + LEAD_FRAMES)
        window = Window(start, end, tuple(self._speech), ended)
        self._speech, self._softest = [], []
        self._closed = self._told = end
        return window

    def _split(self) -> Window:
        """Close the window at its best pause, or else at the least voiced moment; the rest stays open."""
        first = self._first_voice
        assert first is not None
        shortest = first + self.limits.shortest_ms // FRAME_MS
        gaps = [(late - early, early, late) for early, late in self._gaps() if early >= shortest]
        if gaps:
            _, early, late = max(gaps)
            at = (early + late) // 2
        else:
            at = self._least_voiced(max(shortest, self.frame - self.limits.longest_ms // FRAME_MS // 3))
        return self._divide(at)

    def _least_voiced(self, earliest: int) -> int:
        """The middle of the three frames, from `earliest` on, that sound least like speech."""
        tail = self._softest[earliest - self._opened :]
        sums = [sum(tail[at : at + 3]) for at in range(max(1, len(tail) - 2))]
        return earliest + sums.index(min(sums)) + 1

    def _divide(self, at: int) -> Window:
        start = self.open_from
        whole = self.open_speech
        before = tuple((a, min(b, at)) for a, b in whole if a < at)
        after = [(max(a, at), b) for a, b in whole if b > at]
        if self._onset is not None:
            self._onset = after.pop()[0]
            if self._onset >= self.frame - self._quiet:  # nothing voiced is left of it
                self._onset, self._quiet = None, 0
        first = after[0][0] if after else self._onset
        self._softest = [] if first is None else self._softest[first - self._opened :]
        self._speech = after
        end = min(at, before[-1][1] + LEAD_FRAMES)
        self._closed = self._told = end
        return Window(start, end, before, ended=False)


def _ms(frames: int) -> int:
    return frames * FRAME_MS
