"""Which audio format does the RIFF header at the start of a stream describe?"""

from __future__ import annotations

import struct
from dataclasses import dataclass

PCM, MS_ADPCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 2, 3, 6, 7, 0xFFFE
_NAMES = {PCM: "PCM", MS_ADPCM: "MS ADPCM", FLOAT: "float", A_LAW: "A-law", MU_LAW: "mu-law"}
_BITS = {PCM: (8, 16, 24, 32), MS_ADPCM: (4,), FLOAT: (32, 64), A_LAW: (8,), MU_LAW: (8,)}
_LONGEST_HEADER = 1 << 16


class BadAudio(ValueError):
    """This audio cannot be decoded here; the service answers BadRequest."""


@dataclass(frozen=True, slots=True)
class Format:
    """What the samples are. `tag` is never EXTENSIBLE: its sub-format stands here."""

    tag: int
    channels: int
    rate_hz: int
    bits: int
    block_bytes: int
    bytes_per_second: int

    def __str__(self) -> str:
        return f"{self.rate_hz} Hz {self.bits}-bit {_NAMES.get(self.tag, hex(self.tag))}, {self.channels} channels"


def parse(data: bytes) -> tuple[Format, int] | None:
    """The format and the length of the header; None: more bytes are needed. Raises BadAudio.

    Sizes in the RIFF and data chunks are ignored: a stream does not know its length when it starts.
    """
    if not b"RIFF".startswith(data[:4]) and data[:4] != b"RIFF":
        raise BadAudio("the audio does not begin with a RIFF header")
    if len(data) >= 12 and data[8:12] != b"WAVE":
        raise BadAudio("the RIFF header is not of a WAVE file")
    described: Format | None = None
    at = 12
    while len(data) >= at + 8:
        kind, size = struct.unpack_from("<4sI", data, at)
        if kind == b"data":
            if described is None:
                raise BadAudio("the RIFF header has no fmt chunk before its data")
            return described, at + 8
        if at + 8 + size > _LONGEST_HEADER:
            raise BadAudio("the RIFF header is too long")
        if kind == b"fmt " and len(data) >= at + 8 + size:
            described = _format(data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return None


def _format(chunk: bytes) -> Format:
    if len(chunk) < 16:
        raise BadAudio("the fmt chunk is cut short")
    tag, channels, rate_hz, per_second, block_bytes, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == EXTENSIBLE:
        if len(chunk) < 26:
            raise BadAudio("the extensible fmt chunk is cut short")
        (tag,) = struct.unpack_from("<H", chunk, 24)
    if tag not in _BITS or bits not in _BITS[tag]:
        raise BadAudio(f"audio format {_NAMES.get(tag, hex(tag))} with {bits} bits is not supported")
    if not 1 <= channels <= 64 or not 1_000 <= rate_hz <= 384_000:
        raise BadAudio(f"audio of {rate_hz} Hz with {channels} channels is not supported")
    if tag == MS_ADPCM:
        if block_bytes < 7 * channels + 1 or channels > 2 or per_second == 0:
            raise BadAudio(f"MS ADPCM blocks of {block_bytes} bytes for {channels} channels")
        return Format(tag, channels, rate_hz, bits, block_bytes, per_second)
    # Some writers leave these two at nonsense; for fixed-size samples they follow from the rest.
    block_bytes = channels * bits // 8
    return Format(tag, channels, rate_hz, bits, block_bytes, block_bytes * rate_hz)
