"""Where are the samples of a WAV file, and how is a 16 kHz mono one written?"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

SAMPLE_RATE_HZ = 16_000
BYTES_PER_MS = 32
HEADER_BYTES = 44
_UNKNOWN = 0xFFFFFFFF
_EXTENSIBLE = 0xFFFE
_LONG_FORM_BYTES = 40
_MOST_CHUNKS = 1_000
_BLOCK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Riff:
    """A RIFF/WAVE header: the form of the samples, where they begin, how many bytes the header promises and the file
    has. `last` is True where nothing follows the samples, `plain` where the header is the short, old one."""

    format_tag: int
    channels: int
    sample_rate_hz: int
    bits: int
    data_at: int
    promised_bytes: int
    held_bytes: int
    last: bool
    plain: bool

    @property
    def endless(self) -> bool:
        """The header was written by a program that could not go back: the samples reach to the end of the file."""
        return self.promised_bytes == _UNKNOWN or (self.promised_bytes == 0 and not self.last)

    @property
    def ready(self) -> bool:
        """Plain 16 kHz mono 16-bit PCM with every promised byte there: the Speech service takes it as it is."""
        form = (self.format_tag, self.channels, self.sample_rate_hz, self.bits)
        whole = self.promised_bytes == self.held_bytes > 0 and self.held_bytes % 2 == 0
        return form == (1, 1, SAMPLE_RATE_HZ, 16) and whole and self.last and self.plain

    def ms(self, size_bytes: int) -> int:
        per_s = self.sample_rate_hz * self.channels * self.bits // 8
        return round(size_bytes * 1000 / per_s) if per_s else 0


def parse(stream: BinaryIO) -> Riff | None:
    """The header of a RIFF/WAVE file up to its samples; None where it is not one or has no samples chunk."""
    size = os.fstat(stream.fileno()).st_size
    stream.seek(0)
    head = stream.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    form: _Form | None = None
    for _ in range(_MOST_CHUNKS):
        at = stream.tell()
        chunk = stream.read(8)
        if len(chunk) < 8:
            return None
        name, length = chunk[:4], int.from_bytes(chunk[4:], "little")
        if name == b"fmt " and length >= 16:
            form = _form(stream.read(min(length, _LONG_FORM_BYTES)))
        if name == b"data":
            return _riff(form, at + 8, length, size)
        stream.seek(at + 8 + length + length % 2)
    return None


_Form = tuple[int, int, int, int, bool]


def _form(fields: bytes) -> _Form | None:
    if len(fields) < 16:
        return None
    tag, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", fields[:16])
    plain = tag != _EXTENSIBLE
    if not plain and len(fields) == _LONG_FORM_BYTES:
        tag = int.from_bytes(fields[24:26], "little")
    return tag, channels, rate_hz, bits, plain


def _riff(form: _Form | None, data_at: int, length: int, size: int) -> Riff | None:
    if form is None:
        return None
    tag, channels, rate_hz, bits, plain = form
    held = size - data_at if length in (0, _UNKNOWN) else min(length, size - data_at)
    return Riff(tag, channels, rate_hz, bits, data_at, length, held, data_at + length >= size, plain)


def header(data_bytes: int) -> bytes:
    """The 44 bytes before 16 kHz mono 16-bit samples.

    Samples that do not fit the 32-bit fields (37 hours) get the size `unknown`, which the Speech SDK reads to the
    end of the file; it refuses RF64 (both measured).
    """
    fits = data_bytes + HEADER_BYTES - 8 < _UNKNOWN
    riff_size, data_size = (data_bytes + HEADER_BYTES - 8, data_bytes) if fits else (_UNKNOWN, _UNKNOWN)
    form = struct.pack("<HHIIHH", 1, 1, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ * 2, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", riff_size)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + struct.pack("<I", data_size)
    )


def duration_ms(data_bytes: int) -> int:
    """Rounded up: no sample lies after the end of its clip."""
    return -(-data_bytes // BYTES_PER_MS)


def blocks(path: Path, start_ms: int = 0, end_ms: int | None = None, size: int = _BLOCK_BYTES) -> Iterator[bytes]:
    """The samples between two times of a clip, whole samples, never all in memory. Raises OSError, ValueError."""
    with path.open("rb") as stream:
        riff = parse(stream)
        if riff is None or riff.sample_rate_hz != SAMPLE_RATE_HZ or riff.channels != 1 or riff.bits != 16:
            raise ValueError(f"not a 16 kHz mono 16-bit WAV: {path}")
        held = riff.held_bytes - riff.held_bytes % 2
        begin = min(start_ms * BYTES_PER_MS, held)
        left = (held if end_ms is None else min(end_ms * BYTES_PER_MS, held)) - begin
        stream.seek(riff.data_at + begin)
        while left > 0 and (block := stream.read(min(size, left))):
            left -= len(block)
            yield block
