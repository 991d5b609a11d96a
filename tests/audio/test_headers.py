from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from recordings import make, tone

from pipeline.audio import ffmpeg, headers


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("a.wav", ("-c:a", "pcm_s16le")),
        ("a.wav", ("-c:a", "pcm_u8", "-ar", "11025")),
        ("a.wav", ("-c:a", "pcm_alaw", "-ar", "8000")),
        ("a.wav", ("-c:a", "pcm_mulaw", "-ar", "8000")),
        ("a.wav", ("-c:a", "pcm_s24le")),
        ("a.wav", ("-c:a", "pcm_f32le")),
        ("a.wav", ("-c:a", "pcm_f64le", "-ac", "2")),
        ("a.flac", ("-ac", "2", "-ar", "48000")),
        ("a.flac", ("-ac", "1", "-ar", "8000")),
    ],
)
def test_a_header_that_is_read_here_says_what_ffprobe_says(tmp_path: Path, name: str, encoding: tuple[str, ...]):
    path = make(tmp_path / name, *tone(2.5), *encoding)

    with path.open("rb") as stream:
        found = headers.read(stream)

    assert found == ffmpeg.probe(ffmpeg.find(), path)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("a.wav", ("-c:a", "adpcm_ms")),
        ("a.wav", ("-ac", "6")),
        ("a.w64", ()),
        ("a.mp3", ()),
        ("a.oga", ("-c:a", "flac")),
    ],
)
def test_what_is_not_plain_is_left_to_ffprobe(tmp_path: Path, name: str, encoding: tuple[str, ...]):
    path = make(tmp_path / name, *tone(1), *encoding)

    with path.open("rb") as stream:
        assert headers.read(stream) is None


def test_a_cover_picture_in_a_flac_file_changes_nothing(tmp_path: Path):
    cover = make(tmp_path / "cover.png", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=1", "-frames:v", "1")
    attached = ("-i", str(cover), "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v:0", "attached_pic")
    path = make(tmp_path / "song.flac", *tone(2), *attached)

    with path.open("rb") as stream:
        found = headers.read(stream)

    assert found == replace(ffmpeg.probe(ffmpeg.find(), path), streams=1)
    assert found is not None and not found.media.has_video
