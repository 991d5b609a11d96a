"""How does the SDK hear a compressed recording without a WAV being made?

The file's own bytes go to a pull stream; the SDK decodes them with GStreamer, at the speed they would be played. It is
told the container where a first look at the bytes knows it, else that it may be any.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from azure.cognitiveservices.speech import SpeechConfig, SpeechRecognizer
from azure.cognitiveservices.speech.audio import (
    AudioConfig,
    AudioStreamContainerFormat,
    AudioStreamFormat,
    PullAudioInputStream,
    PullAudioInputStreamCallback,
)

from pipeline.errors import AudioError
from pipeline.speech.faults import from_runtime_error

# Enough for the first page of an Ogg file with the name of its codec in it.
HEAD_BYTES = 64
NOWHERE = "ws://127.0.0.1:9"


@contextmanager
def compressed_audio(path: Path) -> Iterator[AudioConfig]:
    """A recording as the SDK's compressed stream. Raises GStreamerMissing, AudioError."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise AudioError(f"cannot be read: {error.strerror or error}", code="source-unreadable") from error
    with file:
        reader = _Reader(file)
        stream = _stream(reader, container(file.read(HEAD_BYTES)))
        file.seek(0)
        yield AudioConfig(stream=stream)
        # The SDK holds no reference to the stream that Python knows of: it must outlive the session.
        del stream
    if reader.error is not None:
        raise AudioError(f"cannot be read: {reader.error.strerror or reader.error}", code="source-unreadable")


def check_gstreamer() -> None:
    """Raises GStreamerMissing where the SDK cannot decode anything."""
    audio = AudioConfig(stream=_stream(PullAudioInputStreamCallback(), "ANY"))
    try:
        # GStreamer is loaded when a recogniser is made; none of it connects to anything.
        SpeechRecognizer(SpeechConfig(host=NOWHERE), audio)
    except RuntimeError as error:
        raise from_runtime_error(error, "compressed audio") from error


def container(head: bytes) -> str:
    """The SDK's name for the container that begins with these bytes; ANY lets GStreamer find out."""
    if head.startswith(b"OggS") and b"OpusHead" in head:
        return "OGG_OPUS"
    if head.startswith(b"fLaC"):
        return "FLAC"
    # Sync word and layer III; an ID3 tag stands before MP3 and also before AAC and FLAC, so it tells nothing.
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "MP3"
    return "ANY"


class _Reader(PullAudioInputStreamCallback):  # type: ignore[misc]
    """The file, as the SDK reads it. An exception in here would be lost: the recording would seem to end."""

    def __init__(self, file: IO[bytes]):
        super().__init__()
        self._file = file
        self.error: OSError | None = None

    def read(self, buffer: memoryview) -> int:
        try:
            data = self._file.read(len(buffer))
        except OSError as error:
            self.error = error
            return 0
        except ValueError:  # closed: the session is over
            return 0
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """The file is closed by who opened it."""


def _stream(reader: Any, name: str) -> Any:
    try:
        form = AudioStreamFormat(compressed_stream_format=AudioStreamContainerFormat[name])
        return PullAudioInputStream(reader, form)
    except RuntimeError as error:
        raise from_runtime_error(error, "compressed audio") from error
