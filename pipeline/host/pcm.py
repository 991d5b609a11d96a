"""How does the audio of one turn, in any format, become 16 kHz mono 16-bit samples as it arrives?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.host import adpcm, riff
from pipeline.host.resample import OUTPUT_HZ, Resampler
from pipeline.host.riff import BadAudio, Format

Pcm = NDArray[np.int16]
Samples = NDArray[np.float32]

_NOTHING: Pcm = np.zeros(0, np.int16)


class Decoder:
    """One stream: bytes in (header first), samples out."""

    def __init__(self) -> None:
        self._waiting = b""
        self._format: Format | None = None
        self._resampler = Resampler(OUTPUT_HZ)
        self._body_bytes = 0
        self._made = 0

    @property
    def made_ms(self) -> int:
        """Audio given out so far."""
        return self._made * 1000 // OUTPUT_HZ

    @property
    def end_ms(self) -> int:
        """The end of the audio on the client's clock, rounded up.

        The client forgets audio by whole milliseconds of its own byte count, and replays what it has not forgotten,
        so this is never below either count.
        """
        by_samples = -(-self._made * 1000 // OUTPUT_HZ)
        if self._format is None:
            return by_samples
        return max(by_samples, -(-self._body_bytes * 1000 // self._format.bytes_per_second))

    def feed(self, data: bytes) -> Pcm:
        """Raises BadAudio."""
        if self._format is None:
            data = self._waiting + data
            found = riff.parse(data)
            if found is None:
                self._waiting = data
                return _NOTHING
            self._format, start = found
            self._resampler = Resampler(self._format.rate_hz)
            self._waiting, data = b"", data[start:]
        self._body_bytes += len(data)
        return self._count(self._decode(self._format, data))

    def end(self) -> Pcm:
        """The samples that the resampler still holds; a partial last sample is dropped."""
        return self._count(_to_int16(self._resampler.end()))

    def _count(self, pcm: Pcm) -> Pcm:
        self._made += len(pcm)
        return pcm

    def _decode(self, audio: Format, data: bytes) -> Pcm:
        if self._waiting:
            data = self._waiting + data
        whole = len(data) - len(data) % audio.block_bytes
        self._waiting = data[whole:]
        if not whole:
            return _NOTHING
        if audio.tag == riff.PCM and audio.bits == 16 and audio.channels == 1 and audio.rate_hz == OUTPUT_HZ:
            return np.frombuffer(data, np.int16, whole // 2)
        samples = _DECODERS[audio.tag, audio.bits](data[:whole], audio)
        return _to_int16(self._resampler.feed(samples.reshape(-1, audio.channels).mean(axis=1, dtype=np.float32)))


def _to_int16(samples: Samples) -> Pcm:
    pcm: Pcm = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return pcm


def _scaled(values: NDArray[Any], bits: int) -> Samples:
    samples: Samples = values.astype(np.float32) * np.float32(2.0 ** (1 - bits))
    return samples


def _u8(data: bytes, _: Format) -> Samples:
    return _scaled(np.frombuffer(data, np.uint8).astype(np.float32) - 128, 8)


def _s16(data: bytes, _: Format) -> Samples:
    return _scaled(np.frombuffer(data, "<i2"), 16)


def _s24(data: bytes, _: Format) -> Samples:
    padded = np.zeros((len(data) // 3, 4), np.uint8)
    padded[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return _scaled(padded.view("<i4").reshape(-1), 32)


def _s32(data: bytes, _: Format) -> Samples:
    return _scaled(np.frombuffer(data, "<i4"), 32)


def _f32(data: bytes, _: Format) -> Samples:
    return _finite(np.frombuffer(data, "<f4").astype(np.float32))


def _f64(data: bytes, _: Format) -> Samples:
    return _finite(np.clip(np.frombuffer(data, "<f8"), -2, 2).astype(np.float32))


def _finite(samples: Samples) -> Samples:
    kept: Samples = np.nan_to_num(np.clip(samples, -2, 2))
    return kept


def _a_law_table() -> Samples:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    low = (mantissa << 4) + 8
    size = np.where(exponent == 0, low, (low + 256) << np.maximum(exponent - 1, 0))
    return (np.where(code & 0x80, size, -size) / 32768).astype(np.float32)


def _mu_law_table() -> Samples:
    code = ~np.arange(256) & 0xFF
    size = (((code & 15) << 3) + 132 << ((code >> 4) & 7)) - 132
    return (np.where(code & 0x80, -size, size) / 32768).astype(np.float32)


_A_LAW, _MU_LAW = _a_law_table(), _mu_law_table()


def _a_law(data: bytes, _: Format) -> Samples:
    return np.asarray(_A_LAW[np.frombuffer(data, np.uint8)], np.float32)


def _mu_law(data: bytes, _: Format) -> Samples:
    return np.asarray(_MU_LAW[np.frombuffer(data, np.uint8)], np.float32)


def _adpcm(data: bytes, audio: Format) -> Samples:
    blocks = [
        adpcm.decode_block(data[at : at + audio.block_bytes], audio.channels)
        for at in range(0, len(data), audio.block_bytes)
    ]
    return _scaled(np.array([sample for block in blocks for sample in block]), 16)


# A new format: write a function of bytes and Format, add its line here and its bits in riff.py.
_DECODERS: dict[tuple[int, int], Callable[[bytes, Format], Samples]] = {
    (riff.PCM, 8): _u8,
    (riff.PCM, 16): _s16,
    (riff.PCM, 24): _s24,
    (riff.PCM, 32): _s32,
    (riff.FLOAT, 32): _f32,
    (riff.FLOAT, 64): _f64,
    (riff.A_LAW, 8): _a_law,
    (riff.MU_LAW, 8): _mu_law,
    (riff.MS_ADPCM, 4): _adpcm,
}

__all__ = ["BadAudio", "Decoder"]
