"""How do many turns share one Whisper model?

Every worker is one thread: it listens to whatever stream has unheard audio, or decodes a batch of windows. What a
stream is told does not depend on what else is in a batch (a test holds this), nor on how its audio came in.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from pipeline.host import models
from pipeline.host.hearing.ear import SAMPLE_RATE_HZ, Hearing, Hypothesis, Pcm, Request, Say
from pipeline.host.hearing.network import Network, Sound
from pipeline.host.hearing.reading import Reading, glance, read
from pipeline.host.hearing.sentences import split
from pipeline.host.hearing.story import Told, primary
from pipeline.host.hearing.stream import Stream, Task
from pipeline.host.hearing.tuning import arrangement_for
from pipeline.host.hearing.turns import Decode, Listen, Turns
from pipeline.host.hearing.voice import VoiceNet
from pipeline.host.hearing.voices import Stretch, VoicePrints, Voices
from pipeline.host.hearing.words import TimedWord, moved
from pipeline.host.model_table import VOICES

SURE = 0.6
"""Share of the candidates' probability from which an identified language stands for the whole stream."""

GUESS_EVERY_MS = 1_000
LIVE_FACTOR, LIVE_LEAD_S, LIVE_FROM_S = 2.5, 6.0, 0.8
"""Audio that comes no faster than this is being followed by somebody, who wants to see guesses."""

SENTENCE_MARGIN_MS = 150
CONVERSATIONS = 1_000
"""So many are remembered; each is some kB."""


class WhisperEar:
    """An ear over one Whisper model; `model` is a known name, a folder, or a fetched hub name."""

    def __init__(self, model: str | Path = "base", workers: int | None = None) -> None:
        found = models.describe(str(model))
        if model == VOICES:
            raise models.ModelError(f"model {VOICES} tells speakers apart; it is no recogniser")
        if found["path"] is None:
            raise models.ModelUnavailable(f"model {model} is not here: speech-pipeline model fetch {model}")
        folder = Path(found["path"])
        arranged = arrangement_for(found["sha256"] or str(folder), workers)
        count = arranged.workers
        self.name = _name(str(model), found["sha256"])
        self._network = Network.load(folder, workers=count, threads=arranged.threads)
        self.translates_to_english = len(self._network.languages) > 1
        self._net = VoiceNet()
        self._prints: VoicePrints | None = None
        self._lock = threading.Lock()
        self._conversations: OrderedDict[str, Voices] = OrderedDict()
        self._turns = Turns(count, arranged.batch)
        self._workers = [
            threading.Thread(target=self._work, name=f"ear-{number}", daemon=True) for number in range(count)
        ]
        for worker in self._workers:
            worker.start()

    @cached_property
    def _voices_folder(self) -> Path | None:
        """Looked for, and its bytes checked, when somebody first asks about speakers."""
        return models.locate(VOICES)

    @property
    def diarizes(self) -> bool:
        return self._voices_folder is not None

    def supports(self, language: str) -> bool:
        return primary(language) in self._network.languages

    def languages(self) -> tuple[str, ...]:
        return self._network.languages

    def open(self, request: Request, say: Say) -> Hearing:
        unknown = [name for name in request.languages if not self.supports(name)]
        if unknown or not request.languages:
            raise ValueError(f"{self.name} does not hear {', '.join(unknown) or 'no language'}")
        hints, pad_s = self._network.hints(request.phrases), self._network.pad_s
        voices = self._voices_of(request.speaker_session) if request.diarize else None
        stream = Stream(request, say, self._net, hints, pad_s, voices)
        return WhisperHearing(self._turns, stream)

    def close(self) -> None:
        self._turns.close()
        for worker in self._workers:
            worker.join()

    def _voice_prints(self) -> VoicePrints:
        """Loaded by the first who needs it."""
        with self._lock:
            if self._prints is None:
                assert self._voices_folder is not None  # admission asks `diarizes` first
                self._prints = VoicePrints(self._voices_folder)
            return self._prints

    def _voices_of(self, conversation: str | None) -> Voices:
        """The voices of a conversation: its turns after a reconnect know those of the turns before."""
        if conversation is None:
            return Voices()
        with self._lock:
            voices = self._conversations.pop(conversation, None) or Voices()
            self._conversations[conversation] = voices
            while len(self._conversations) > CONVERSATIONS:
                self._conversations.popitem(last=False)
        return voices

    def _work(self) -> None:
        while (work := self._turns.next()) is not None:
            if isinstance(work, Decode):
                self._decode(work.tasks)
            else:
                self._listen(work)
            del work  # an idle worker keeps no audio

    def _listen(self, work: Listen) -> None:
        stream = work.stream
        try:
            tasks = stream.listen(work.pieces, last=work.last)
            if not tasks and self._turns.idle and _wants_guess(stream):
                self._guess(stream)
        except Exception as error:  # the worker's one door: a fault becomes Finished(error), the thread lives on
            self._fail(stream, error)
            tasks = []
        self._turns.heard(stream, tasks)

    def _decode(self, tasks: Sequence[Task]) -> None:
        try:
            readings = read(self._network, [task.sound for task in tasks])
            for task, reading in zip(tasks, readings, strict=True):
                self._tell(task, reading)
        except Exception as error:  # the same door; alone, so that only the stream at fault suffers
            if len(tasks) == 1:
                self._fail(tasks[0].stream, error)
                return
            for task in tasks:
                self._decode([task])

    def _tell(self, task: Task, reading: Reading) -> None:
        stream = task.stream
        if stream.identifying:
            sure = reading.words and reading.sureness >= SURE
            self._turns.identified(stream, reading.language if sure else None)
        words = tuple(moved(word, task.start_ms) for word in reading.words)
        english = self._english(task, reading) if stream.request.translate_to_english else ()
        stretches: tuple[Stretch, ...] = ()
        if stream.request.diarize:
            stretches = self._voice_prints().stretches(task.sound.pcm, reading.words)
        told = Told(words, reading.language, task.end_ms, task.ended, english, stretches)
        stream.story.tell(task.number, told)

    def _english(self, task: Task, reading: Reading) -> tuple[tuple[int, str], ...]:
        """Every sentence's translation, heard from its own part of the sound."""
        sentences = split(reading.words)
        if reading.language == "en":
            return tuple((task.start_ms + words[0].start_ms, _text(words)) for words in sentences)
        sounds = [_part(task.sound, words, reading.language) for words in sentences]
        heard = [_text(read(self._network, [sound])[0].words) for sound in sounds]
        return tuple((task.start_ms + words[0].start_ms, text) for words, text in zip(sentences, heard, strict=True))

    def _guess(self, stream: Stream) -> None:
        task = stream.guess()
        if task is None:
            return
        text, language = glance(self._network, task.sound)
        if text:
            name = next(name for name in stream.request.languages if primary(name) == language)
            guess = Hypothesis(task.start_ms, task.end_ms, text, name)
            stream.story.guess(task.number, guess)

    def _fail(self, stream: Stream, error: Exception) -> None:
        self._turns.drop(stream)
        with suppress(Exception):  # where the fault was the listener's own, it cannot be told
            stream.story.fail(f"{type(error).__name__}: {error}")


class WhisperHearing:
    """One turn's stream."""

    def __init__(self, turns: Turns, stream: Stream) -> None:
        self._turns = turns
        self._stream = stream

    def feed(self, pcm: Pcm) -> None:
        self._turns.feed(self._stream, pcm)

    def end(self) -> None:
        self._turns.end(self._stream)

    def cancel(self) -> None:
        self._turns.drop(self._stream)
        self._stream.story.stop()


def _wants_guess(stream: Stream) -> bool:
    if not stream.request.hypotheses or stream.ended or stream.unguessed_ms < GUESS_EVERY_MS:
        return False
    open_s = time.monotonic() - stream.opened_at
    return open_s > LIVE_FROM_S and stream.heard_ms / 1000 < LIVE_FACTOR * open_s + LIVE_LEAD_S


def _part(sound: Sound, words: Sequence[TimedWord], language: str) -> Sound:
    start_ms = max(0, words[0].start_ms - SENTENCE_MARGIN_MS)
    end_ms = words[-1].end_ms + SENTENCE_MARGIN_MS
    per_ms = SAMPLE_RATE_HZ // 1000
    return replace(
        sound,
        pcm=sound.pcm[start_ms * per_ms : end_ms * per_ms],
        speech=((0, end_ms - start_ms),),
        languages=(language,),
        task="translate",
        hints=(),
    )


def _text(words: Sequence[TimedWord]) -> str:
    return "".join(word.text for word in words).strip()


def _name(model: str, weights: str | None) -> str:
    name = f"whisper-{Path(model).name}"
    return f"{name}@{weights[:8]}" if weights else name
