from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.host import riff
from pipeline.host.pcm import Decoder
from pipeline.host.resample import Resampler
from pipeline.host.riff import BadAudio, Format


def header(tag: int = 1, channels: int = 1, rate: int = 16_000, bits: int = 16) -> bytes:
    block = channels * bits // 8
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data\0\0\0\0"


def extensible(sub_format: int, channels: int, rate: int, bits: int) -> bytes:
    block = channels * bits // 8
    fmt = struct.pack("<HHIIHHHHI", 0xFFFE, channels, rate, rate * block, block, bits, 22, bits, 0)
    fmt += struct.pack("<H", sub_format) + bytes.fromhex("000000001000800000aa00389b71")
    return b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data\0\0\0\0"


def tone(rate: int, seconds: float, hertz: float = 440.0) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate) * 0.5


def decoded(data: bytes, piece: int = 3200) -> np.ndarray:
    decoder = Decoder()
    parts = [decoder.feed(data[at : at + piece]) for at in range(0, len(data), piece)]
    return np.concatenate([*parts, decoder.end()])


def error_db(pcm: np.ndarray, hertz: float = 440.0) -> float:
    wanted = tone(16_000, len(pcm) / 16_000, hertz)
    inner = slice(1600, -1600)
    noise = (pcm / 32768 - wanted)[inner]
    return float(10 * np.log10((noise**2).mean() / (wanted[inner] ** 2).mean()))


def test_sixteen_bit_mono_at_16_khz_passes_bit_exactly() -> None:
    samples = np.random.default_rng(1).integers(-32768, 32767, 5001, dtype=np.int16)
    assert (decoded(header() + samples.tobytes(), piece=777) == samples).all()


def test_the_header_may_come_in_any_pieces() -> None:
    data = extensible(1, 2, 48_000, 16)
    for cut in range(len(data)):
        assert riff.parse(data[:cut]) is None
    assert riff.parse(data + b"xy") == (Format(1, 2, 48_000, 16, 4, 192_000), len(data))


def test_other_chunks_before_the_data_are_skipped() -> None:
    plain = header()
    data = plain[:12] + b"LIST\x03\0\0\0abc\0" + plain[12:]
    assert riff.parse(data) == (Format(1, 1, 16_000, 16, 2, 32_000), len(data))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"OggS\0\0\0\0", "the audio does not begin with a RIFF header"),
        (b"RIFF\0\0\0\0AVI LIST", "the RIFF header is not of a WAVE file"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "the RIFF header has no fmt chunk before its data"),
        (b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xff", "the RIFF header is too long"),
        (b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0ab", "the fmt chunk is cut short"),
        (header(tag=0x55), "audio format 0x55 with 16 bits is not supported"),
        (header(bits=12), "audio format PCM with 12 bits is not supported"),
        (header(channels=0), "audio of 16000 Hz with 0 channels is not supported"),
        (header(rate=10), "audio of 10 Hz with 1 channels is not supported"),
        (header(tag=0xFFFE), "the extensible fmt chunk is cut short"),
    ],
)
def test_audio_that_cannot_be_decoded_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadAudio) as bad:
        riff.parse(data)
    assert str(bad.value) == reason


ENCODED = {
    "8-bit": ("pcm_u8", 16_000, 1, -38),
    "24-bit": ("pcm_s24le", 16_000, 1, -85),
    "32-bit": ("pcm_s32le", 44_100, 2, -85),
    "float": ("pcm_f32le", 48_000, 1, -85),
    "double": ("pcm_f64le", 22_050, 1, -85),
    "A-law": ("pcm_alaw", 8_000, 1, -35),
    "mu-law": ("pcm_mulaw", 8_000, 2, -35),
    "MS ADPCM": ("adpcm_ms", 22_050, 1, -30),
    "MS ADPCM stereo": ("adpcm_ms", 44_100, 2, -30),
    "8 channels": ("pcm_s16le", 48_000, 8, -80),
}


@pytest.mark.parametrize(("codec", "rate", "channels", "limit_db"), ENCODED.values(), ids=ENCODED)
def test_every_format_of_the_sdk_becomes_the_same_tone(
    codec: str, rate: int, channels: int, limit_db: float, tmp_path: Path
) -> None:
    made = tmp_path / "tone.wav"
    raw = np.repeat(tone(rate, 1.5)[:, None], channels, axis=1).astype("<f8").tobytes()
    command = ["ffmpeg", "-v", "error", "-f", "f64le", "-ar", str(rate), "-ac", str(channels), "-i", "-"]
    subprocess.run([*command, "-c:a", codec, str(made)], input=raw, check=True, timeout=30)
    pcm = decoded(made.read_bytes())
    assert error_db(pcm[:24_000]) < limit_db
    assert len(pcm) == pytest.approx(24_000, abs=1_500 if "adpcm" in codec else 0)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000])
def test_resampling_keeps_length_exactly_and_the_tone_closely(rate: int) -> None:
    resampler = Resampler(rate)
    samples = tone(rate, 2.0, 1000.0).astype(np.float32)
    made = np.concatenate([resampler.feed(samples), resampler.end()])
    assert len(made) == 32_000
    assert error_db(made * 32768, 1000.0) < -85


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
def test_what_16_khz_cannot_hold_is_gone_not_folded_back(rate: int) -> None:
    made = Resampler(rate).feed(tone(rate, 1.0, 9_000.0).astype(np.float32))[800:-800]
    assert 10 * np.log10((made**2).mean() / 0.125) < -80


@settings(max_examples=30, deadline=None)
@given(
    rate=st.sampled_from([8_000, 11_025, 44_100, 48_000, 12_345]),
    cuts=st.lists(st.integers(1, 5_000), min_size=1, max_size=20),
)
def test_samples_do_not_depend_on_how_the_stream_was_cut(rate: int, cuts: list[int]) -> None:
    noise = np.random.default_rng(rate).integers(-20_000, 20_000, 4_410, dtype=np.int16).tobytes()
    data = header(rate=rate, channels=1) + noise
    decoder, at, parts = Decoder(), 0, []
    for cut in [*cuts, len(data)]:
        parts.append(decoder.feed(data[at : at + cut]))
        at += cut
    assert np.array_equal(np.concatenate([*parts, decoder.end()]), decoded(data, piece=len(data)))


@pytest.mark.parametrize(
    ("rate", "body_bytes", "end_ms"),
    [(16_000, 32_000, 1000), (16_000, 32_002, 1001), (16_000, 111_019, 3470), (44_100, 3, 1), (8_000, 16_000, 1000)],
)
def test_the_end_of_the_audio_is_rounded_up_to_the_millisecond(rate: int, body_bytes: int, end_ms: int) -> None:
    decoder = Decoder()
    decoder.feed(header(rate=rate) + bytes(body_bytes))
    decoder.end()
    assert decoder.end_ms == end_ms


def test_floats_that_are_no_numbers_are_silence_and_loud_ones_are_clipped() -> None:
    samples = np.array([np.nan, np.inf, -np.inf, 1e30, 0.25], "<f4")
    assert decoded(header(tag=3, bits=32) + samples.tobytes()).tolist() == [0, 32767, -32768, 32767, 8192]
