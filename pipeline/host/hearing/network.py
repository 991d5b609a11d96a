"""What does the Whisper network answer for a sound?

One thin layer over CTranslate2: sounds in; drafts, word times and languages out. Whether a draft is to be believed
is decided in `reading`. The encoder is given only as much as there is: see `Sound.length_s`.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import tokenizers

from pipeline.host.hearing.ear import SAMPLE_RATE_HZ, Pcm
from pipeline.host.hearing.mel import FRAMES_PER_S, log_mel
from pipeline.host.hearing.words import Span, TimedWord, settle, spell

PAD_S = 5.0
"""Silence after a sound, without which the network loops or gives up."""
NARROW, NARROW_PAD_S = 512, 6.0
"""A network of fewer dimensions than base (tiny) reads better with more: docs/decisions/0010."""
STEP_S = 5.0
"""Encoded lengths are multiples of this, so that windows of like length can be decoded together."""
MUCH_S = 25.0
"""Enough silence to settle a doubt, at half the cost of 30 s (the attention leaves the cache beyond)."""
WHOLE_S = 30.0
ENCODER_FRAMES_PER_S = FRAMES_PER_S // 2

TOKENS_PER_S = 8
TOKENS_MORE = 12
EXERCISE_S, EXERCISE_TOKENS = 10.0, 35
"""A window of talk and what is said in it, to measure with: three and a half tokens a second."""
TOKENS_MOST = 224
"""Half of Whisper's context; the other half is for what was said before."""


@dataclass(frozen=True)
class Sound:
    """A window to be read. `speech` are its voiced stretches, in ms from its start."""

    pcm: Pcm
    speech: tuple[Span, ...]
    languages: tuple[str, ...]
    task: str = "transcribe"
    hints: tuple[int, ...] = ()
    pad_s: float = PAD_S

    @property
    def seconds(self) -> float:
        return len(self.pcm) / SAMPLE_RATE_HZ

    @property
    def length_s(self) -> float:
        """How much is encoded: sounds of one length can be decoded together."""
        return min(WHOLE_S, STEP_S * math.ceil((self.seconds + self.pad_s) / STEP_S))

    @property
    def most_tokens(self) -> int:
        """More than anybody says in that time; a text this long is a loop."""
        return min(TOKENS_MOST, int(TOKENS_PER_S * self.seconds) + TOKENS_MORE)


@dataclass(frozen=True)
class Draft:
    """A text as the network first gave it; `score` is the average log probability of a token."""

    tokens: tuple[int, ...]
    text: str
    score: float
    no_speech: float
    capped: bool

    @property
    def repetition(self) -> float:
        """How well the text compresses: much above 2 it says the same again and again."""
        raw = self.text.encode()
        return len(raw) / len(zlib.compress(raw)) if raw else 0.0


class Network:
    """A loaded Whisper model; its methods may be called from several threads."""

    def __init__(
        self, folder: Path, *, workers: int, threads: int = 1, device: str = "cpu", compute_type: str = "int8"
    ) -> None:
        self._model = ctranslate2.models.Whisper(
            str(folder), device=device, compute_type=compute_type, inter_threads=workers, intra_threads=threads
        )
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.multilingual: bool = self._model.is_multilingual
        self._bands: int = self._model.n_mels
        self._start = self._token("<|startoftranscript|>")
        self._end = self._token("<|endoftext|>")
        self._no_times = self._token("<|notimestamps|>")
        self._previous = self._token("<|startofprev|>")
        self.languages = self._languages()
        self.pad_s = NARROW_PAD_S if self._dimensions() < NARROW else PAD_S

    @classmethod
    def load(cls, folder: Path, *, workers: int, threads: int = 1) -> Network:
        """On the GPU if there is one, else in 8-bit integers on the processor."""
        if ctranslate2.get_cuda_device_count():
            return cls(folder, workers=min(workers, 2), device="cuda", compute_type="int8_float16")
        return cls(folder, workers=workers, threads=threads)

    def hints(self, phrases: Sequence[str]) -> tuple[int, ...]:
        """Phrases as tokens that stand before the text, as if they had just been said.

        As a sentence: after a bare list, texts lose their own full stops. Phrases beyond half the context are
        left out.
        """
        listed: list[int] = []
        for count in range(1, len(phrases) + 1):
            text = f" Glossary: {', '.join(phrases[:count])}."
            tokens = self._tokenizer.encode(text, add_special_tokens=False).ids
            if len(tokens) >= TOKENS_MOST:
                break
            listed = list(tokens)
        return tuple(listed)

    def encode(self, sound: Sound, length_s: float) -> Any:
        # One at a time: a batch in the encoder costs up to 2.4 times as much a window (it leaves the cache).
        features = log_mel(sound.pcm, int(length_s * FRAMES_PER_S), self._bands)[None]
        return self._model.encode(ctranslate2.StorageView.from_array(features), to_cpu=True)

    def draft(
        self, sounds: Sequence[Sound], encoded: Sequence[Any], languages: Sequence[str], *, beams: int = 1
    ) -> list[Draft]:
        """The likeliest texts, all sounds at once."""
        caps = [sound.most_tokens for sound in sounds]
        results = self._model.generate(
            encoded[0] if len(encoded) == 1 else _stacked(encoded),
            [self._prompt(sound, name) for sound, name in zip(sounds, languages, strict=True)],
            beam_size=beams,
            max_length=2 * max(caps),  # CTranslate2 gives half of it to the text
            return_scores=True,
            return_no_speech_prob=True,
        )
        return [self._draft(result, cap) for result, cap in zip(results, caps, strict=True)]

    def exercise(self, windows: int) -> None:
        """The work of reading so many windows of EXERCISE_S together, whatever is in them."""
        sound = Sound(np.zeros(int(EXERCISE_S * SAMPLE_RATE_HZ), np.int16), (), (self.languages[0],))
        encoded = [self.encode(sound, sound.length_s) for _ in range(windows)]
        prompts = [self._prompt(sound, sound.languages[0])] * windows
        # Without an end of text the search goes on to its limit.
        self._model.generate(
            _stacked(encoded), prompts, beam_size=1, max_length=2 * EXERCISE_TOKENS, suppress_tokens=[self._end]
        )

    def words(self, sound: Sound, encoded: Any, draft: Draft, language: str) -> list[TimedWord]:
        """The words of a draft with their times and probabilities."""
        frames = int(min(sound.seconds, WHOLE_S) * FRAMES_PER_S)
        start = self._prompt(sound, language)[:-1]
        result = self._model.align(encoded, start, [list(draft.tokens)], frames)[0]
        times = _token_times(result.alignments, len(draft.tokens))
        words = []
        at = 0
        for piece in spell(draft.tokens, self._decode, language):
            after = at + piece.tokens
            belief = float(np.mean(result.text_token_probs[at:after]))
            words.append(TimedWord(piece.text, times[at], times[after], belief))
            at = after
        return settle(words, sound.speech)

    def identify(self, sound: Sound, encoded: Any) -> tuple[str, float]:
        """The language of the sound among those it may be in, and its share of their probability."""
        if len(sound.languages) == 1 or not self.multilingual:
            return sound.languages[0], 1.0
        chances = {token[2:-2]: chance for token, chance in self._model.detect_language(encoded)[0]}
        asked = {name: chances.get(name, 0.0) for name in sound.languages}
        best = max(asked, key=lambda name: asked[name])
        return best, asked[best] / (sum(asked.values()) or 1.0)

    def _draft(self, result: Any, cap: int) -> Draft:
        tokens = [token for token in result.sequences_ids[0] if token < self._end]
        text = self._decode(tokens[:cap])
        return Draft(tuple(tokens[:cap]), text, result.scores[0], result.no_speech_prob, len(tokens) >= cap)

    def _prompt(self, sound: Sound, language: str) -> list[int]:
        before = [self._previous, *sound.hints] if sound.hints else []
        if not self.multilingual:
            return [*before, self._start, self._no_times]
        spoken, task = self._token(f"<|{language}|>"), self._token(f"<|{sound.task}|>")
        return [*before, self._start, spoken, task, self._no_times]

    def _token(self, name: str) -> int:
        found = self._tokenizer.token_to_id(name)
        if found is None:
            raise ValueError(f"the model's tokenizer does not know {name}")
        return int(found)

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens)))

    def _dimensions(self) -> int:
        """How many numbers it has for each moment of a sound: 384 in tiny, 512 in base."""
        quiet = ctranslate2.StorageView.from_array(np.zeros((1, self._bands, 2), np.float32))
        return int(self._model.encode(quiet, to_cpu=True).shape[-1])

    def _languages(self) -> tuple[str, ...]:
        if not self.multilingual:
            return ("en",)
        names = (name[2:-2] for name in self._tokenizer.get_vocab(with_added_tokens=True) if name[:2] == "<|")
        return tuple(sorted(name for name in names if name.isalpha() and len(name) <= 3))


def _stacked(encoded: Sequence[Any]) -> Any:
    return ctranslate2.StorageView.from_array(np.concatenate([np.array(one) for one in encoded]))


def _token_times(path: Sequence[tuple[int, int]], count: int) -> list[int]:
    """When each token starts, in ms, and as the last entry when the text ends."""
    times = [-1] * (count + 1)
    for token, frame in path:
        if token <= count and times[token] < 0:
            times[token] = frame * 1000 // ENCODER_FRAMES_PER_S
    for at in range(count + 1):  # a token the path skipped starts with the one before it
        if times[at] < 0:
            times[at] = times[at - 1] if at else 0
    return times
