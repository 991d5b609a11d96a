"""Recordings that the SDK decodes itself, through GStreamer, against the real host."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from host_process import Host, running_host

from pipeline.config.schema import RecognitionSettings, ServiceSettings
from pipeline.errors import AudioError, GStreamerMissing, PipelineError, Stalled
from pipeline.speech.compressed import check_gstreamer, compressed_audio, container
from pipeline.speech.request import Patience, Wanted
from pipeline.speech.service import local_endpoint
from pipeline.speech.session import recognise

ROOT = Path(__file__).parents[2]


def gstreamer() -> bool:
    try:
        check_gstreamer()
    except GStreamerMissing:
        return False
    return True


needs_gstreamer = pytest.mark.skipif(not gstreamer(), reason="GStreamer is not installed")

# What ffmpeg is told to make, and which name the SDK has for it.
FORMATS = {
    "talk.mp3": ([], "MP3"),
    "tagged.mp3": (["-write_id3v1", "0", "-metadata", "title=a title", "-id3v2_version", "3"], "ANY"),
    "talk.opus": (["-c:a", "libopus"], "OGG_OPUS"),
    "talk.ogg": (["-c:a", "libvorbis"], "ANY"),
    "talk.flac": ([], "FLAC"),
    "talk.m4a": (["-c:a", "aac"], "ANY"),
    "talk.webm": (["-c:a", "libopus"], "ANY"),
    "talk.wav": ([], "ANY"),
}


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with running_host(ear="scripted") as running:
        yield running


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("compressed")
    return {name: encoded(folder / name, options) for name, (options, _) in FORMATS.items()}


def encoded(path: Path, options: list[str], seconds: float = 2.5) -> Path:
    """Noise: the scripted ear hears words in anything that is loud."""
    noise = f"anoisesrc=d={seconds}:c=pink:r=44100:a=0.5:seed=1"
    tags = ["-id3v2_version", "0"] if path.name == "talk.mp3" else []
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", noise, "-ac", "2", *tags, *options, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


def heard(host: Host, path: Path, patience: Patience | None = None) -> tuple[int, int] | type[PipelineError]:
    """From when to when there is text, or what went wrong."""
    endpoint = local_endpoint(host.url, ServiceSettings(), 8)
    wanted = Wanted(RecognitionSettings(), compressed=True)
    try:
        found = recognise(path, 2_500, endpoint, wanted, patience=patience or Patience(10_000))
    except PipelineError as error:
        return type(error)
    return found.segments[0].start_ms, found.segments[-1].end_ms


def test_the_container_is_known_by_its_first_bytes(talks: dict[str, Path]) -> None:
    found = {name: container(path.read_bytes()[:64]) for name, path in talks.items()}
    assert found == {name: expected for name, (_, expected) in FORMATS.items()}


@needs_gstreamer
def test_every_usual_format_is_heard_to_its_end(host: Host, talks: dict[str, Path]) -> None:
    with ThreadPoolExecutor(len(talks)) as at_once:
        found = dict(zip(talks, at_once.map(lambda path: heard(host, path), talks.values()), strict=True))
    # A codec pads or trims its last frame.
    assert {name: (start, abs(end - 2_500) < 100) for name, (start, end) in found.items()} == dict.fromkeys(
        talks, (0, True)
    )


@needs_gstreamer
@pytest.mark.parametrize("start", [b"", b"\xff\xfb", b"fLaC", b"OggS OpusHead"], ids=["ANY", "MP3", "FLAC", "OGG_OPUS"])
def test_garbage_is_an_error_and_not_a_hang(start: bytes, host: Host, tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(start + b"this is text and no sound at all\n" * 900)
    assert heard(host, tmp_path / "garbage", Patience(500)) in (AudioError, Stalled)


def test_a_recording_that_has_gone_is_an_error_of_the_recording(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="cannot be read"), compressed_audio(tmp_path / "gone.mp3"):
        raise AssertionError("it was opened")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ("LD_LIBRARY_PATH", "GStreamer is not installed"),
        ("GST_PLUGIN_SYSTEM_PATH", "GStreamer lacks a plug-in or cannot start"),
    ],
)
def test_a_machine_without_gstreamer_is_told_before_anything_starts(
    environment: str, message: str, tmp_path: Path
) -> None:
    if environment == "GST_PLUGIN_SYSTEM_PATH" and not gstreamer():
        pytest.skip("GStreamer is not installed")
    (tmp_path / "libgstreamer-1.0.so.0").touch()
    (tmp_path / "talk.mp3").write_bytes(b"ID3")
    command = [sys.executable, "-m", "pipeline", "transcribe", str(tmp_path / "talk.mp3"), "-o", str(tmp_path / "out")]
    command += ["--set", "audio.input=compressed", "--set", "service.ear=scripted"]
    env = {**os.environ, environment: str(tmp_path), "GST_REGISTRY": str(tmp_path / "registry")}
    ended = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, message in ended.stderr) == (3, True)
