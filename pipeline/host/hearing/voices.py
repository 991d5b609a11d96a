"""Whose voice is it?

A network turns a stretch of speech into 256 numbers that lie close together for one speaker and apart for two. It is
the GE2E encoder of Wan et al., "Generalized End-to-End Loss for Speaker Verification" (2018), with the weights that
the package Resemblyzer publishes (Apache 2.0): three LSTM layers over 40 mel bands, small enough for numpy.

Voices are named as they come, in the order they speak: Guest-1, Guest-2, ... Why these numbers:
docs/decisions/0012-speakers.md.
"""

from __future__ import annotations

import math
import pickle
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.host.hearing.ear import SAMPLE_RATE_HZ, Pcm
from pipeline.host.hearing.mel import HOP_SAMPLES, power_mel
from pipeline.host.hearing.sentences import split
from pipeline.host.hearing.words import TimedWord

Floats = NDArray[np.float32]

WEIGHTS = "pretrained.pt"
BANDS, LAYERS, WIDTH = 40, 3, 256
PART_FRAMES = 160
"""The network was trained on 1.6 s."""
MOST_PARTS = 5
LOUDNESS = 10 ** (-22 / 20)
"""Every sound is brought to this root mean square: the network sees power, and a voice is no other for being near."""

SAME, SAME_SHORT, SHORT_S = 0.72, 0.62, 1.6
"""Cosine to a known voice from which it is that voice; where one of the two was heard for less than SHORT_S, the print
is less sure, and less will do."""
SURELY_NEW_S = 1.0
"""A shorter stretch makes no new voice: it is the nearest one's."""
MOST_VOICES = 35
MARGIN_MS = 50
PAUSE_MS, PART_MS = 300, 1_000
"""A sentence that pauses this long may change its speaker there, where both sides are long enough to tell."""

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


@dataclass(frozen=True)
class Stretch:
    """`words` words in a row by one speaker: the print of the voice, and how long it was heard."""

    words: int
    voice: Floats
    seconds: float


class VoicePrints:
    """The network. Its methods may be called from several threads."""

    def __init__(self, folder: Path) -> None:
        with (folder / WEIGHTS).open("rb") as stream:
            found = _read(stream)
        self._layers = [
            (
                found[f"lstm.weight_ih_l{layer}"].T.copy(),
                found[f"lstm.weight_hh_l{layer}"].T.copy(),
                found[f"lstm.bias_ih_l{layer}"] + found[f"lstm.bias_hh_l{layer}"],
            )
            for layer in range(LAYERS)
        ]
        self._linear, self._bias = found["linear.weight"].T.copy(), found["linear.bias"]

    def stretches(self, pcm: Pcm, words: Sequence[TimedWord]) -> tuple[Stretch, ...]:
        """The words of a window in the stretches that one speaker says each, with the prints of their voices."""
        parts = [part for sentence in split(words) for part in _at_pauses(sentence)]
        sounds = [_cut(pcm, part) for part in parts]
        return tuple(
            Stretch(len(part), voice, len(sound) / SAMPLE_RATE_HZ)
            for part, sound, voice in zip(parts, sounds, self.prints(sounds), strict=True)
        )

    def prints(self, sounds: Sequence[Pcm]) -> list[Floats]:
        """A vector of length one for each sound."""
        parts = [_parts(sound) for sound in sounds]
        if not parts:
            return []
        seen = self._embedded(np.concatenate(parts, axis=1))
        ends = np.cumsum([part.shape[1] for part in parts])
        return [_unit(some.mean(axis=0)) for some in np.split(seen, ends[:-1])]

    def _embedded(self, frames: Floats) -> Floats:
        """From (frames, parts, bands) to (parts, numbers)."""
        for inward, onward, bias in self._layers:
            gates = frames @ inward + bias
            hidden = cell = np.zeros((frames.shape[1], WIDTH), np.float32)
            states = []
            for gate in gates:
                total = gate + hidden @ onward
                enters, forgets, leaves = (_sigmoid(total[:, at * WIDTH : (at + 1) * WIDTH]) for at in (0, 1, 3))
                cell = forgets * cell + enters * np.tanh(total[:, 2 * WIDTH : 3 * WIDTH])
                hidden = leaves * np.tanh(cell)
                states.append(hidden)
            frames = np.stack(states)
        return np.stack([_unit(one) for one in np.maximum(frames[-1] @ self._linear + self._bias, 0)])


class Voices:
    """The voices of one conversation, in the order they were first heard."""

    def __init__(self) -> None:
        self._sums: list[Floats] = []
        self._heard_s: list[float] = []
        self._lock = threading.Lock()

    def name(self, stretch: Stretch) -> str:
        """Who speaks: Guest-1, Guest-2, ..."""
        with self._lock:
            return f"Guest-{self._number(stretch) + 1}"

    def _number(self, stretch: Stretch) -> int:
        alike = [float(_unit(known) @ stretch.voice) for known in self._sums]
        nearest = int(np.argmax(alike)) if alike else -1
        if alike and alike[nearest] >= self._enough(nearest, stretch):
            self._sums[nearest] = self._sums[nearest] + stretch.voice * stretch.seconds
            self._heard_s[nearest] += stretch.seconds
            return nearest
        if alike and (stretch.seconds < SURELY_NEW_S or len(alike) >= MOST_VOICES):
            return nearest
        self._sums.append(stretch.voice * stretch.seconds)
        self._heard_s.append(stretch.seconds)
        return len(self._sums) - 1

    def _enough(self, number: int, stretch: Stretch) -> float:
        return SAME_SHORT if min(self._heard_s[number], stretch.seconds) < SHORT_S else SAME


def _at_pauses(sentence: Sequence[TimedWord]) -> list[list[TimedWord]]:
    """A sentence in parts between its longer pauses, none so short that its voice could not be told."""
    parts: list[list[TimedWord]] = [[]]
    for at, word in enumerate(sentence):
        part = parts[-1]
        if (
            part
            and word.start_ms - part[-1].end_ms >= PAUSE_MS
            and part[-1].end_ms - part[0].start_ms >= PART_MS
            and sentence[-1].end_ms - sentence[at].start_ms >= PART_MS
        ):
            parts.append([])
        parts[-1].append(word)
    return parts


def _cut(pcm: Pcm, words: Sequence[TimedWord]) -> Pcm:
    per_ms = SAMPLE_RATE_HZ // 1000
    start_ms, end_ms = max(0, words[0].start_ms - MARGIN_MS), words[-1].end_ms + MARGIN_MS
    return pcm[start_ms * per_ms : end_ms * per_ms]


def _parts(sound: Pcm) -> Floats:
    """Up to MOST_PARTS stretches of 1.6 s, spread evenly; a shorter sound is repeated. Shape (frames, parts, bands)."""
    mel = power_mel(_levelled(sound), BANDS)
    if len(mel) < PART_FRAMES:
        mel = np.concatenate([mel] * math.ceil(PART_FRAMES / max(1, len(mel))) or [mel])[:PART_FRAMES]
    count = min(MOST_PARTS, math.ceil(len(mel) / PART_FRAMES))
    starts = np.linspace(0, len(mel) - PART_FRAMES, count).astype(int)
    return np.stack([mel[start : start + PART_FRAMES] for start in starts], axis=1)


def _levelled(sound: Pcm) -> Floats:
    samples: Floats = np.pad(sound, (0, max(0, HOP_SAMPLES - len(sound)))).astype(np.float32) / np.float32(32768)
    level = float(np.sqrt(np.mean(samples**2)))
    return samples * np.float32(LOUDNESS / level) if level else samples


def _sigmoid(values: Floats) -> Floats:
    halves: Floats = 0.5 + 0.5 * np.tanh(0.5 * values)
    return halves


def _unit(vector: Floats) -> Floats:
    length: Floats = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return length


class _Tensors(pickle.Unpickler):
    """Reads the shapes of the tensors in a PyTorch checkpoint; nothing that a pickle could name is ever called."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _Named
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name.endswith("Storage"):
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no business in a checkpoint")

    def persistent_load(self, pid: Any) -> str:
        return str(pid[2])


class _Named(dict[str, Any]):
    """An ordered dict, with the attributes that PyTorch gives it."""


class _Tensor:
    def __init__(self, storage: str, offset: int, shape: tuple[int, ...], *_: object) -> None:
        self.storage, self.offset, self.shape = storage, offset, shape


def _read(stream: BinaryIO) -> dict[str, Floats]:
    """The model's tensors by name, from PyTorch's format before 1.6: pickles, then the numbers of each storage."""
    magic, protocol, _, tree, keys = (_Tensors(stream).load() for _ in range(5))
    if (magic, protocol) != (_MAGIC, _PROTOCOL):
        raise ValueError(f"{WEIGHTS} is no checkpoint of PyTorch's first format")
    numbers: dict[str, Floats] = {}
    for key in keys:
        count = int.from_bytes(stream.read(8), "little")
        numbers[str(key)] = np.frombuffer(stream.read(4 * count), "<f4")
    found = {}
    for name, tensor in tree["model_state"].items():
        size = math.prod(tensor.shape)
        found[name] = numbers[tensor.storage][tensor.offset : tensor.offset + size].reshape(tensor.shape)
    return found
