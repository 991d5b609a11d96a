"""One stream of audio: what of it must still be kept, and which windows are ready to be decoded?

No threads here: one worker at a time listens to a stream.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from pipeline.host.hearing.ear import SAMPLE_RATE_HZ, Pcm, Request, Say
from pipeline.host.hearing.network import PAD_S, Sound
from pipeline.host.hearing.story import End, Quiet, Story, primary
from pipeline.host.hearing.voice import BLOCK_SAMPLES, FRAME_MS, FRAME_SAMPLES, VoiceNet, VoiceStream
from pipeline.host.hearing.voices import Voices
from pipeline.host.hearing.windows import Cutter, Limits, Pause, Window

SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000
SHORTEST_SILENCE_MS, LONGEST_SILENCE_MS = 200, 5_000
LISTEN_AT_ONCE_SAMPLES = 60 * SAMPLE_RATE_HZ
"""So much is listened to before other streams have their turn."""


@dataclass(frozen=True)
class Task:
    """A window to decode: the sound, and where its words belong."""

    stream: Stream
    number: int
    start_ms: int
    end_ms: int
    ended: bool
    sound: Sound


class Stream:
    """The audio of one Hearing and what has been found in it."""

    def __init__(
        self,
        request: Request,
        say: Say,
        net: VoiceNet,
        hints: tuple[int, ...] = (),
        pad_s: float = PAD_S,
        voices: Voices | None = None,
    ) -> None:
        self.request = request
        self.story = Story(request, say, voices)
        self.opened_at = time.monotonic()
        # What the turns guard:
        self.fed: deque[Pcm] = deque()
        self.ready: deque[Task] = deque()
        self.ended = False  # no more audio will be fed
        self.finished = False  # all of it was taken to be listened to
        self.cancelled = False
        self.listening = False
        self.identifying = False  # the first window is being decoded, and the others wait for its language
        self.language: str | None = None  # once identified for good
        self._candidates = tuple(dict.fromkeys(primary(name) for name in request.languages))
        self._hints = hints
        self._pad_s = pad_s
        self._voice = VoiceStream(net)
        self._cutter = Cutter(_limits(request))
        self._loose: list[Pcm] = []  # less than a block
        self._kept = np.zeros(0, dtype=np.int16)
        self._kept_from = 0  # the sample at which it begins
        self._samples = 0
        self._guessed_to = 0
        if len(self._candidates) == 1:
            self.language = self._candidates[0]

    @property
    def identifies_first(self) -> bool:
        """Whether the first window must be heard before the others can be."""
        return self.language is None and not self.request.identify_continuously

    @property
    def heard_ms(self) -> int:
        return self._samples // SAMPLES_PER_MS

    @property
    def unguessed_ms(self) -> int:
        """How much has been heard since the last guess at what is being said, or the last window."""
        return (self._cutter.frame - max(self._guessed_to, self._cutter.open_from)) * FRAME_MS

    def listen(self, pieces: list[Pcm], *, last: bool) -> list[Task]:
        """Take more audio in; the windows that it closes. Silences are told at once."""
        self._loose += pieces
        sound = np.concatenate(self._loose) if self._loose else np.zeros(0, dtype=np.int16)
        whole = len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES
        found = self._hear(sound[:whole])
        rest = sound[whole:].copy()  # a view would keep all of it
        self._loose = [rest] if len(rest) else []
        self._samples += whole
        if last:
            found += self._hear_rest(rest)
        tasks = [task for cut in found if (task := self._task(cut)) is not None]
        if last:
            self.story.tell(self.story.announce(), End())
        self._forget()
        return tasks

    def guess(self) -> Task | None:
        """What is being said right now, as far as it was heard; None when nobody speaks."""
        speech = self._cutter.open_speech
        if not speech:
            return None
        start, end = self._cutter.open_from, self._cutter.frame
        self._guessed_to = end
        return self._window_task(Window(start, end, speech, ended=False), self.story.announced)

    def _hear(self, sound: Pcm) -> list[Window | Pause]:
        self._kept = np.concatenate([self._kept, sound])
        found: list[Window | Pause] = []
        for at in range(0, len(sound), BLOCK_SAMPLES):
            found += self._cutter.push(self._voice.probabilities(sound[at : at + BLOCK_SAMPLES]))
        return found

    def _hear_rest(self, rest: Pcm) -> list[Window | Pause]:
        """The end of the stream, filled up to a block with silence that is not counted."""
        found: list[Window | Pause] = []
        if len(rest):
            self._kept = np.concatenate([self._kept, rest])
            self._samples += len(rest)
            frames = -(-len(rest) // FRAME_SAMPLES)
            block = np.pad(rest, (0, BLOCK_SAMPLES - len(rest)))
            found += self._cutter.push(self._voice.probabilities(block)[:frames])
        return found + self._cutter.finish()

    def _task(self, cut: Window | Pause) -> Task | None:
        number = self.story.announce()
        if isinstance(cut, Pause):
            self.story.tell(number, Quiet(cut.end * FRAME_MS))
            return None
        return self._window_task(cut, number)

    def _window_task(self, window: Window, number: int) -> Task:
        start, end = window.start * FRAME_SAMPLES, min(window.end * FRAME_SAMPLES, self._samples)
        pcm = self._kept[start - self._kept_from : end - self._kept_from].copy()
        speech = tuple(
            ((early - window.start) * FRAME_MS, (late - window.start) * FRAME_MS) for early, late in window.speech
        )
        sound = Sound(pcm, speech, self._candidates, hints=self._hints, pad_s=self._pad_s)
        return Task(self, number, window.start * FRAME_MS, end // SAMPLES_PER_MS, window.ended, sound)

    def in_language(self, task: Task) -> Task:
        """The task, once the stream's language is known."""
        if self.language is None or len(task.sound.languages) == 1:
            return task
        return replace(task, sound=replace(task.sound, languages=(self.language,)))

    def _forget(self) -> None:
        """Drop the audio that no open window can need."""
        needed_from = self._cutter.open_from * FRAME_SAMPLES
        if needed_from > self._kept_from:
            self._kept = self._kept[needed_from - self._kept_from :].copy()
            self._kept_from = needed_from


def _limits(request: Request) -> Limits:
    limits = Limits()
    if request.end_silence_ms is not None:
        silence_ms = min(max(request.end_silence_ms, SHORTEST_SILENCE_MS), LONGEST_SILENCE_MS)
        limits = replace(limits, end_silence_ms=silence_ms)
    if request.max_phrase_ms is not None:
        longest_ms = min(max(request.max_phrase_ms, 1_000), limits.longest_ms)
        limits = replace(limits, longest_ms=longest_ms, shortest_ms=min(limits.shortest_ms, longest_ms // 2))
    return limits
