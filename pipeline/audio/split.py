"""Where may a long recording be cut, so that its parts can be recognised side by side?

At a real pause near each multiple of the target length. First by loudness: a run of quiet well below the voices
around it. Where there is none (music under the voices, a noisy line) the detector is asked where nobody speaks. Where
somebody speaks all the time, the quietest moment is taken, and the cut says so.
"""

from __future__ import annotations

import itertools
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.audio import voice, wav
from pipeline.config.schema import SplitSettings
from pipeline.files import unwritable
from pipeline.values import Chunk, Clip

_log = logging.getLogger(__name__)

# How far from its ideal place a cut may move, as a share of the target.
_REACH_SHARE = 0.25
# Closures of plosives last up to 150 ms; a pause between words that is this long is none of them.
_SHORTEST_PAUSE_MS = 300
# A pause longer than this is not better for it.
_LONG_ENOUGH_MS = 1_200
# Quiet is this far above the background, and at least this far below the voices.
_ABOVE_BACKGROUND_DB = 6
_BELOW_VOICES_DB = 20
# Distance from the ideal place that outweighs a tenth of a second of pause.
_DISTANCE_FOR_100_MS = 3_000
# Where loudness shows no pause, the detector listens this far to both sides of the ideal place.
_LISTEN_MS = 20_000
_MOMENT_MS = 100


@dataclass(frozen=True, slots=True)
class Cut:
    """A place to cut. `silent` is False where no pause was found there."""

    at_ms: int
    silent: bool = True


def split(clip: Clip, settings: SplitSettings) -> tuple[Chunk, ...]:
    """The chunks of a clip: contiguous, the whole of it, the same ones every time. Raises OSError, ValueError."""
    found = cuts(clip, settings)
    for cut in found:
        if not cut.silent:
            _log.warning("%s: no pause near %d ms; cut at the quietest moment", clip.path.name, cut.at_ms)
    edges = [0, *(cut.at_ms for cut in found), clip.duration_ms]
    return tuple(Chunk(clip, start, end) for start, end in itertools.pairwise(edges))


def cuts(clip: Clip, settings: SplitSettings) -> tuple[Cut, ...]:
    """Where to cut; empty for a clip that stays whole."""
    if settings.longer_than == 0 or clip.duration_ms <= settings.longer_than or settings.target < 1_000:
        return ()
    count = round(clip.duration_ms / settings.target)
    if count < 2:
        return ()
    reach_ms = round(clip.duration_ms / count * _REACH_SHARE)
    levels = voice.levels(clip.path)
    ideals = [clip.duration_ms * number // count for number in range(1, count)]
    return tuple(_cut(clip, levels, ideal, reach_ms) for ideal in ideals)


def cut(chunk: Chunk, into: Path) -> Path:
    """A WAV of just this chunk, in the folder `into`; of a whole clip, the clip itself. Raises OutputError, OSError."""
    if chunk.start_ms <= 0 and chunk.end_ms >= chunk.clip.duration_ms:
        return chunk.clip.path
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix="chunk-", suffix=".wav", dir=into, delete=False) as stream:
            stream.seek(wav.HEADER_BYTES)
            for block in wav.blocks(chunk.clip.path, chunk.start_ms, chunk.end_ms):
                stream.write(block)
            data_bytes = stream.tell() - wav.HEADER_BYTES
            stream.seek(0)
            stream.write(wav.header(data_bytes))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unwritable(into, error) from error
    return Path(stream.name)


def _cut(clip: Clip, levels: voice.Levels, ideal_ms: int, reach_ms: int) -> Cut:
    near = ((ideal_ms - reach_ms) // voice.FRAME_MS * voice.FRAME_MS, ideal_ms + reach_ms)
    heard = levels.between(*near)
    if best := _best(_quiet_runs(heard, near[0]), ideal_ms):
        return Cut(_centre(best))
    close = (max(near[0], ideal_ms - _LISTEN_MS), min(near[1], ideal_ms + _LISTEN_MS))
    for stretch in dict.fromkeys((close, near)) if voice.available() else ():
        speech = voice.detect(clip.path, [stretch])
        if best := _best(list(voice.gaps(speech, stretch)), ideal_ms):
            return Cut(_centre(best))
    return Cut(near[0] + _quietest_ms(heard), silent=False)


def _best(pauses: Sequence[voice.Stretch], ideal_ms: int) -> voice.Stretch | None:
    """The pause that is long and near: three seconds nearer are worth a tenth of a second of pause."""

    def worth(pause: voice.Stretch) -> float:
        length_ms = min(pause[1] - pause[0], _LONG_ENOUGH_MS)
        return length_ms - abs(_centre(pause) - ideal_ms) * 100 / _DISTANCE_FOR_100_MS

    long = [pause for pause in pauses if pause[1] - pause[0] >= _SHORTEST_PAUSE_MS]
    return max(long, key=worth, default=None)


def _centre(pause: voice.Stretch) -> int:
    return (pause[0] + pause[1]) // 2


def _quiet_runs(dbfs: npt.NDArray[np.int8], start_ms: int) -> list[voice.Stretch]:
    """Runs in which it is quiet, measured against the background and the voices of this neighbourhood."""
    if len(dbfs) == 0:
        return []
    background, voices = np.percentile(dbfs, [5, 90])
    ceiling = min(max(background + _ABOVE_BACKGROUND_DB, voice.AUDIBLE_DBFS), voices - _BELOW_VOICES_DB)
    if voices <= voice.AUDIBLE_DBFS:
        ceiling = 0  # nothing can be heard at all: every moment is as good
    quiet = np.concatenate(([False], dbfs <= ceiling, [False]))
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8))).reshape(-1, 2) * voice.FRAME_MS + start_ms
    return [(int(begin), int(end)) for begin, end in edges]


def _quietest_ms(dbfs: npt.NDArray[np.int8]) -> int:
    """The middle of the quietest tenth of a second, in ms from the first frame."""
    width = _MOMENT_MS // voice.FRAME_MS
    power = 10 ** (dbfs.astype(np.float64) / 10)
    sums = np.convolve(power, np.ones(width), "valid")
    return (int(np.argmin(sums)) + width // 2) * voice.FRAME_MS
