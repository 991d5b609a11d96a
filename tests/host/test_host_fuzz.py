"""Whatever a client sends is answered or refused; nothing else may come of it."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.host import messages, riff
from pipeline.host.frames import BadFrame
from pipeline.host.pcm import Decoder
from pipeline.host.riff import BadAudio
from pipeline.host.wanted import Wanted, dialled, wanted

_KEYS = """
phraseDetection language mode languageId languages translation targetLanguages dgi Groups Items Text
INTERACTIVE segmentation segmentationSilenceTimeoutMs initialSilenceTimeout enrichment profanity
phraseOutput detailed options interimResults stableThreshold speakerDiarization audioSessionId
continuation audio streams offset 1
"""
KEYS = st.sampled_from(_KEYS.split())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("interactive"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(max_size=200)
    | st.text(max_size=50).map(lambda text: f"Path:speech.context\r\n\r\n{text}")
)
def test_any_message_is_read_or_a_bad_frame(data: bytes | str) -> None:
    with contextlib.suppress(BadFrame):
        messages.read(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120), st.booleans())
def test_any_header_is_parsed_or_bad_audio(data: bytes, headed: bool) -> None:
    with contextlib.suppress(BadAudio):
        riff.parse(b"RIFF\0\0\0\0WAVEfmt \x28\0\0\0" + data if headed else data)


FORMATS = [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64), (6, 8), (7, 8), (2, 4)]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FORMATS), st.integers(1, 3), st.sampled_from([8_000, 16_000, 44_100]), st.binary(max_size=3000))
def test_any_bytes_are_samples_or_bad_audio(kind: tuple[int, int], channels: int, rate: int, data: bytes) -> None:
    tag, bits = kind
    block = 256 if tag == 2 else channels * bits // 8
    header = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + b"".join(
        number.to_bytes(size, "little")
        for number, size in ((tag, 2), (channels, 2), (rate, 4), (rate * block, 4), (block, 2), (bits, 2))
    )
    decoder = Decoder()
    with contextlib.suppress(BadAudio):
        pcm = [decoder.feed(header + b"data\0\0\0\0"), decoder.feed(data), decoder.end()]
        assert np.concatenate(pcm).dtype == np.int16


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, JSON, max_size=6), st.text(max_size=60))
def test_any_context_is_a_wish(context: dict[str, Any], query: str) -> None:
    assert isinstance(wanted(dialled(f"/speech/universal/v2?{query}"), context), Wanted)
