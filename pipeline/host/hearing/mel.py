"""What do the networks see of a sound: its mel spectrogram."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.host.hearing.ear import SAMPLE_RATE_HZ, Pcm

FRAME_SAMPLES = 400
HOP_SAMPLES = 160
FRAMES_PER_S = SAMPLE_RATE_HZ // HOP_SAMPLES
DYNAMIC_RANGE = 8.0
"""Decades below the loudest band that are kept; Whisper was trained so."""

Floats = NDArray[np.float32]


def log_mel(pcm: Pcm, frames: int, bands: int) -> Floats:
    """`frames` columns of 10 ms: the sound, then silence. Shape (bands, frames)."""
    sound = np.zeros(frames * HOP_SAMPLES + FRAME_SAMPLES, dtype=np.float32)
    kept = min(len(pcm), frames * HOP_SAMPLES)
    half = FRAME_SAMPLES // 2
    sound[half : half + kept] = pcm[:kept] / np.float32(32768.0)
    sound[:half] = sound[2 * half : half : -1]  # frames are centred; the first ones mirror the beginning
    # Frames that lie in the silence all have the same column: it is computed once, not for every frame.
    heard = min(frames, kept // HOP_SAMPLES + 3)
    windows = np.lib.stride_tricks.sliding_window_view(sound, FRAME_SAMPLES)[: heard * HOP_SAMPLES : HOP_SAMPLES]
    spectrum = np.fft.rfft(windows * _hann(), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    loudness = np.full((bands, frames), -10.0, dtype=np.float32)
    loudness[:, :heard] = np.log10(np.maximum(_filters(bands) @ power.T, 1e-10))
    floor = loudness.max() - DYNAMIC_RANGE
    scaled: Floats = (np.maximum(loudness, floor) + 4.0) / 4.0
    return scaled


def power_mel(sound: Floats, bands: int) -> Floats:
    """A row for every 10 ms of a sound (samples between -1 and 1): the power in each band. Shape (frames, bands)."""
    half = FRAME_SAMPLES // 2
    padded = np.pad(sound, half)
    windows = np.lib.stride_tricks.sliding_window_view(padded, FRAME_SAMPLES)[::HOP_SAMPLES]
    spectrum = np.fft.rfft(windows * _hann(), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    seen: Floats = power @ _filters(bands).T
    return seen


@lru_cache(maxsize=1)
def _hann() -> Floats:
    steps = np.arange(FRAME_SAMPLES) / FRAME_SAMPLES
    return (0.5 - 0.5 * np.cos(2 * np.pi * steps)).astype(np.float32)


@lru_cache(maxsize=4)
def _filters(bands: int) -> Floats:
    """Triangles of equal area, evenly spaced on Slaney's mel scale. Shape (bands, frequencies)."""
    bins_hz = np.fft.rfftfreq(FRAME_SAMPLES, 1 / SAMPLE_RATE_HZ)
    corners_hz = _hz(np.linspace(0.0, _mel(SAMPLE_RATE_HZ / 2), bands + 2))
    left, centre, right = corners_hz[:-2, None], corners_hz[1:-1, None], corners_hz[2:, None]
    rising = (bins_hz - left) / (centre - left)
    falling = (right - bins_hz) / (right - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (right - left))
    return triangles.astype(np.float32)


# Slaney's scale: linear up to 1 kHz (15 mel), then 27 mel for every factor of 6.4.
_KNEE_HZ, _KNEE_MEL, _MEL_PER_LOG = 1000.0, 15.0, 27.0 / np.log(6.4)


def _mel(hz: float) -> float:
    return float(_KNEE_MEL + _MEL_PER_LOG * np.log(hz / _KNEE_HZ))  # only asked above the knee


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _KNEE_HZ * np.exp((mel - _KNEE_MEL) / _MEL_PER_LOG)
    return np.where(mel < _KNEE_MEL, mel * _KNEE_HZ / _KNEE_MEL, above)
