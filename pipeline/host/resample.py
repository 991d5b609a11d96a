"""How does audio of any sample rate become 16 kHz, in a stream, without aliasing?

A windowed-sinc low pass in polyphase form. One block of `down` input samples (and the filter's reach on both sides)
makes `up` output samples, so a block is one row times one banded matrix, and a chunk is one matrix product.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

OUTPUT_HZ = 16_000
_ZERO_CROSSINGS = 16
_ROLL_OFF = 0.94
_KAISER_BETA = 8.6
_BLOCK_OUTPUTS = 160
# A rate that has no small ratio to 16 kHz gets the nearest one: below 10 ms of drift an hour.
_LARGEST_RATIO = 640

Samples = NDArray[np.float32]
# In double precision a sum is the same to the last bit of 16 however its terms are grouped, so that what comes out
# does not depend on how the stream was cut into messages.
Exact = NDArray[np.float64]


class Resampler:
    """Mono float32 at `rate_hz` in, mono float32 at 16 kHz out; the total length is exact to the sample."""

    def __init__(self, rate_hz: int):
        self._rate_hz = rate_hz
        _, self._down, self._reach, self._matrix = _bank(rate_hz)
        self._kept: Samples = np.zeros(self._reach, np.float32)
        self._taken = 0
        self._given = 0

    def feed(self, samples: Samples) -> Samples:
        if self._rate_hz == OUTPUT_HZ:
            return samples
        self._taken += len(samples)
        made = self._blocks(samples)
        self._given += len(made)
        return made

    def end(self) -> Samples:
        """What the last samples still owe."""
        if self._rate_hz == OUTPUT_HZ:
            return np.zeros(0, np.float32)
        due = -(-self._taken * OUTPUT_HZ // self._rate_hz) - self._given
        made = self._blocks(np.zeros(self._down + 2 * self._reach, np.float32))
        return made[: max(0, due)]

    def _blocks(self, samples: Samples) -> Samples:
        joined = np.concatenate((self._kept, samples))
        window = self._down + 2 * self._reach
        count = (len(joined) - 2 * self._reach) // self._down
        if count <= 0:
            self._kept = joined
            return np.zeros(0, np.float32)
        rows = np.lib.stride_tricks.sliding_window_view(joined, window)[:: self._down][:count]
        self._kept = joined[count * self._down :].copy()
        made: Samples = (rows.astype(np.float64) @ self._matrix).reshape(-1).astype(np.float32)
        return made


@lru_cache(maxsize=8)
def _bank(rate_hz: int) -> tuple[int, int, int, Exact]:
    """Outputs a block, inputs a block, the filter's reach in inputs, and the block's matrix."""
    ratio = Fraction(OUTPUT_HZ, rate_hz).limit_denominator(_LARGEST_RATIO * max(1, rate_hz // OUTPUT_HZ))
    times = max(1, round(_BLOCK_OUTPUTS / ratio.numerator))
    up, down = ratio.numerator * times, ratio.denominator * times
    # The cut-off in cycles an input sample: below both Nyquist frequencies.
    cutoff = _ROLL_OFF * min(1.0, up / down) / 2
    reach = int(np.ceil(_ZERO_CROSSINGS / (2 * cutoff)))
    wanted_at = np.arange(up) * (down / up) + reach
    distance = np.arange(down + 2 * reach)[:, None] - wanted_at[None, :]
    inside = np.clip(1 - (distance / reach) ** 2, 0, None)
    window = np.where(np.abs(distance) <= reach, np.i0(_KAISER_BETA * np.sqrt(inside)), 0) / np.i0(_KAISER_BETA)
    matrix = 2 * cutoff * np.sinc(2 * cutoff * distance) * window
    # Every output weighs its inputs to exactly 1, so that silence between equal samples does not ripple.
    even: Exact = matrix / matrix.sum(axis=0)
    return up, down, reach, even
