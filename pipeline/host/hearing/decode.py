"""What is said in a window, and when each word?

CTranslate2's Whisper, given only as much sound as there is: the encoder of every common program computes 30 s
for a 3 s window, ours the window and a few seconds of silence after it. A short sound can make Whisper loop, so
the number of tokens is bounded by the length, and a doubtful result is computed again with the full 30 s.
Why these numbers: docs/decisions/0010-windows.md.
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
STEP_S = 2.5
"""Encoded lengths are multiples of this, so that windows of like length can be decoded together."""
WHOLE_S = 30.0
ENCODER_FRAMES_PER_S = FRAMES_PER_S // 2

TOKENS_PER_S = 8
TOKENS_MORE = 12
TOKENS_MOST = 224

DULL_SCORE = -1.0
"""Average log probability of a token below which the text is a guess."""
REPEATED = 2.2
"""Compression ratio above which the text repeats itself."""
NO_SPEECH = 0.6


@dataclass(frozen=True)
class Sound:
    """A window to be read. `speech` are its voiced stretches, in ms from its start."""

    pcm: Pcm
    speech: tuple[Span, ...]
    languages: tuple[str, ...]
    task: str = "transcribe"
    hints: tuple[int, ...] = ()
    times: bool = True

    @property
    def seconds(self) -> float:
        return len(self.pcm) / SAMPLE_RATE_HZ

    @property
    def voiced_s(self) -> float:
        return sum(end - start for start, end in self.speech) / 1000

    @property
    def length_s(self) -> float:
        """How much is encoded: sounds of one length can be decoded together."""
        return min(WHOLE_S, STEP_S * math.ceil((self.seconds + PAD_S) / STEP_S))


@dataclass(frozen=True)
class Reading:
    """What was read from a sound. Times are ms from its start; no words: nothing was said."""

    words: tuple[TimedWord, ...]
    language: str
    language_confidence: float

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)


@dataclass(frozen=True)
class _Draft:
    tokens: tuple[int, ...]
    text: str
    score: float
    no_speech: float
    capped: bool

    @property
    def repetition(self) -> float:
        raw = self.text.encode()
        return len(raw) / len(zlib.compress(raw)) if raw else 0.0

    @property
    def doubtful(self) -> bool:
        return self.capped or not self.tokens or self.score < DULL_SCORE or self.repetition > REPEATED

    @property
    def believable(self) -> bool:
        return bool(self.tokens) and not (self.no_speech > NO_SPEECH and self.score < DULL_SCORE)


class Decoder:
    """A loaded Whisper model; `read` may be called from several threads."""

    def __init__(self, folder: Path, *, workers: int, device: str = "cpu", compute_type: str = "int8") -> None:
        self._model = ctranslate2.models.Whisper(
            str(folder), device=device, compute_type=compute_type, inter_threads=workers, intra_threads=1
        )
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.multilingual: bool = self._model.is_multilingual
        self._bands: int = self._model.n_mels
        self._start = self._token("<|startoftranscript|>")
        self._end = self._token("<|endoftext|>")
        self._no_times = self._token("<|notimestamps|>")
        self._previous = self._token("<|startofprev|>")
        self.languages = self._languages()

    @classmethod
    def load(cls, folder: Path, *, workers: int) -> Decoder:
        """On the GPU if there is one, else in 8-bit integers on the processor."""
        if ctranslate2.get_cuda_device_count():
            return cls(folder, workers=min(workers, 2), device="cuda", compute_type="int8_float16")
        return cls(folder, workers=workers)

    def hints(self, phrases: Sequence[str]) -> tuple[int, ...]:
        """Phrases as tokens that stand before the text, as if they had just been said."""
        return tuple(self._encode(" " + ", ".join(phrases))[:TOKENS_MOST]) if phrases else ()

    def read(self, sounds: Sequence[Sound]) -> list[Reading]:
        """Read sounds of one length together."""
        encoded = [self._encode_sound(sound, sound.length_s) for sound in sounds]
        named = [self._identify(sound, seen) for sound, seen in zip(sounds, encoded, strict=True)]
        drafts = self._generate(sounds, encoded, [language for language, _ in named])
        for at, draft in enumerate(drafts):
            if draft.doubtful:
                drafts[at], encoded[at] = self._again(sounds[at], named[at][0], draft, encoded[at])
        words = self._time(sounds, encoded, drafts, [language for language, _ in named])
        return [Reading(tuple(found), *name) for found, name in zip(words, named, strict=True)]

    def glance(self, sound: Sound) -> tuple[str, str]:
        """A quick guess at the text of a sound that goes on, and its language: no second try, no times."""
        encoded = self._encode_sound(sound, sound.length_s)
        language, _ = self._identify(sound, encoded)
        draft = self._generate([sound], [encoded], [language])[0]
        return ("" if draft.doubtful else draft.text.strip()), language

    # -- the model ------------------------------------------------------------------------------------------

    def _encode_sound(self, sound: Sound, length_s: float) -> Any:
        # One at a time: a batch in the encoder costs up to 2.4 times as much a window (it leaves the cache).
        frames = int(length_s * FRAMES_PER_S)
        features = log_mel(sound.pcm, frames, self._bands)[None]
        return self._model.encode(ctranslate2.StorageView.from_array(features), to_cpu=True)

    def _generate(
        self, sounds: Sequence[Sound], encoded: Sequence[Any], languages: Sequence[str], *, whole: bool = False
    ) -> list[_Draft]:
        """Greedy text without time stamps, of all sounds at once."""
        together = encoded[0] if len(encoded) == 1 else _stacked(encoded)
        prompts = [self._prompt(sound, name) for sound, name in zip(sounds, languages, strict=True)]
        most = TOKENS_MOST if whole else max(_tokens_for(sound.seconds) for sound in sounds)
        results = self._model.generate(
            together,
            prompts,
            beam_size=1,
            max_length=min(2 * TOKENS_MOST, 2 * most),  # CTranslate2 gives half of it to the text
            return_scores=True,
            return_no_speech_prob=True,
        )
        caps = [most if whole else _tokens_for(sound.seconds) for sound in sounds]
        return [self._draft(result, cap) for result, cap in zip(results, caps, strict=True)]

    def _draft(self, result: Any, cap: int) -> _Draft:
        tokens = [token for token in result.sequences_ids[0] if token < self._end]
        capped = len(tokens) >= cap
        text = self._decode(tokens[:cap])
        return _Draft(tuple(tokens[:cap]), text, result.scores[0], result.no_speech_prob, capped)

    def _again(self, sound: Sound, language: str, draft: _Draft, encoded: Any) -> tuple[_Draft, Any]:
        """The full 30 s, as Whisper was trained."""
        whole = self._encode_sound(sound, WHOLE_S)
        second = self._generate([sound], [whole], [language], whole=True)[0]
        if second.doubtful and not draft.doubtful:
            return draft, encoded
        return second, whole

    def _time(
        self, sounds: Sequence[Sound], encoded: Sequence[Any], drafts: Sequence[_Draft], languages: Sequence[str]
    ) -> list[list[TimedWord]]:
        return [
            self._align(sound, seen, draft, language) if draft.believable else []
            for sound, seen, draft, language in zip(sounds, encoded, drafts, languages, strict=True)
        ]

    def _align(self, sound: Sound, encoded: Any, draft: _Draft, language: str) -> list[TimedWord]:
        frames = int(min(sound.seconds, WHOLE_S) * FRAMES_PER_S)
        start = self._prompt(Sound(sound.pcm, (), (), sound.task), language)[:-1]
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

    def _identify(self, sound: Sound, encoded: Any) -> tuple[str, float]:
        """The language of the sound among those it may be in, and how sure that is."""
        if len(sound.languages) == 1 or not self.multilingual:
            return sound.languages[0], 1.0
        chances = {token[2:-2]: chance for token, chance in self._model.detect_language(encoded)[0]}
        asked = {name: chances.get(name, 0.0) for name in sound.languages}
        best = max(asked, key=lambda name: asked[name])
        return best, asked[best] / (sum(asked.values()) or 1.0)

    # -- tokens ---------------------------------------------------------------------------------------------

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

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens)))

    def _languages(self) -> tuple[str, ...]:
        if not self.multilingual:
            return ("en",)
        names = (name[2:-2] for name in self._tokenizer.get_vocab(with_added_tokens=True) if name[:2] == "<|")
        tasks = {"startoftranscript", "endoftext", "transcribe", "translate", "startoflm", "startofprev"}
        return tuple(sorted(name for name in names if name.isalpha() and len(name) <= 3 and name not in tasks))


def _tokens_for(seconds: float) -> int:
    return min(TOKENS_MOST, int(TOKENS_PER_S * seconds) + TOKENS_MORE)


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
