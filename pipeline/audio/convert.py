"""How does any recording become the WAV that the Speech service takes?

ffmpeg decodes it once, straight into the files; nothing of the audio passes through this process, so memory does not
grow with its length. The source is hashed on a thread meanwhile: the second reader finds the pages in the cache.
A recording that already is 16 kHz mono 16-bit PCM is used where it lies; so is any, where the SDK is to decode it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from pipeline.audio import damage, ffmpeg, headers, wav
from pipeline.audio.hashing import Hashing
from pipeline.config.schema import AudioSettings
from pipeline.errors import AudioError, SourceGone
from pipeline.files import unwritable
from pipeline.values import Clip, Media, Source

# More channels than any recorder has; each costs an open file.
_MOST_CHANNELS = 64


@dataclass(frozen=True, slots=True)
class Converted:
    """A recording ready to be recognised.

    `media.duration_ms` is the length that was heard, not the one the header promised. A clip may be the source file
    itself: to clear up, remove the folder given to `convert`, never the clips. `warnings` are for the user: what is
    missing or damaged although there is audio.
    """

    media: Media
    clips: tuple[Clip, ...]
    sha256: str
    warnings: tuple[str, ...] = ()


def look(source: Source, audio: AudioSettings) -> Media:
    """What the header says, without converting; no program is started for plain WAV and FLAC. Raises as `convert`."""
    with _opened(source) as stream:
        if found := headers.read(stream):
            return found.media
        try:
            return ffmpeg.probe(ffmpeg.find(audio.ffmpeg), source.path).media
        except ffmpeg.Unreadable as failure:
            raise damage.unreadable(source.path, failure) from failure


def convert(source: Source, audio: AudioSettings, into: Path, *, stop: threading.Event | None = None) -> Converted:
    """The clips of a recording, written into the folder `into`, and its SHA-256.

    One clip with the mix of all channels, or with `channels: separate` a clip a channel. Time 0 of each clip is time
    0 of the source: audio that begins late in a video is preceded by silence. With `input: compressed` the one clip
    is the source itself, and knows how late its audio begins. Raises AudioError, SourceGone, OutputError,
    FfmpegMissing, Interrupted.
    """
    with _opened(source) as stream:
        before = os.fstat(stream.fileno())
        riff = wav.parse(stream)
        with Hashing(stream) as hashing:
            if audio.input == "compressed":
                converted = _as_it_is(source, audio, stop)
            elif riff is not None and riff.ready:
                clip = Clip(source.path, wav.duration_ms(riff.held_bytes))
                media = Media("pcm_s16le", riff.sample_rate_hz, 1, clip.duration_ms)
                converted = Converted(media, (clip,), "")
            else:
                try:
                    converted = _decoded(source, audio, into, stop, headers.read(stream))
                except AudioError:
                    _unchanged(source, before)
                    raise
            sha256 = hashing.result(stop)
        _unchanged(source, before)
    return replace(converted, sha256=sha256)


def _decoded(
    source: Source, audio: AudioSettings, into: Path, stop: threading.Event | None, found: ffmpeg.Found | None
) -> Converted:
    tools = ffmpeg.find(audio.ffmpeg)
    try:
        found = found or ffmpeg.probe(tools, source.path, stop=stop)
        channels = found.media.channels if audio.channels == "separate" else 1
        if not 0 < found.media.channels <= _MOST_CHANNELS:
            raise AudioError(f"the audio stream has {found.media.channels} channels", code="audio-undecodable")
        with _outputs(into, channels) as outputs:
            lead_bytes = found.lead_ms * wav.BYTES_PER_MS
            for descriptor in outputs.values():
                # The silence before a late start is a hole in the file: zeros that nobody has to write.
                os.lseek(descriptor, wav.HEADER_BYTES + lead_bytes, os.SEEK_SET)
            words = ffmpeg.decode(tools, source.path, found, tuple(outputs.values()), stop=stop)
            sizes = [_finish(path, descriptor) for path, descriptor in outputs.items()]
            if min(sizes) <= lead_bytes:
                raise damage.soundless(source.path, found, words)
            if words and damage.encrypted(source.path, words):
                raise AudioError("the audio is encrypted (DRM)", code="audio-encrypted")
    except ffmpeg.Unreadable as failure:
        raise damage.unreadable(source.path, failure) from failure
    except FileNotFoundError as error:
        raise _gone(source) from error
    clips = tuple(
        Clip(path, wav.duration_ms(size), n) for n, (path, size) in enumerate(zip(outputs, sizes, strict=True))
    )
    length_ms = max(clip.duration_ms for clip in clips)
    warnings = _warnings(source.path, found, words, length_ms - found.lead_ms)
    return Converted(replace(found.media, duration_ms=length_ms), clips, "", warnings)


def _as_it_is(source: Source, audio: AudioSettings, stop: threading.Event | None) -> Converted:
    """What the container says, and the source as its own clip."""
    try:
        found = ffmpeg.probe(ffmpeg.find(audio.ffmpeg), source.path, stop=stop)
    except ffmpeg.Unreadable as failure:
        raise damage.unreadable(source.path, failure) from failure
    if not found.media.duration_ms:
        raise AudioError(
            "the file does not say how long it is", code="audio-length-unknown", hint="use audio.input: wav for it"
        )
    clip = Clip(source.path, found.media.duration_ms, lead_ms=found.lead_ms)
    return Converted(found.media, (clip,), "", _warnings(source.path, found, "", clip.duration_ms))


def _warnings(path: Path, found: ffmpeg.Found, words: str, heard_ms: int) -> tuple[str, ...]:
    warnings = []
    if short := damage.shortfall(path, found, heard_ms):
        warnings.append(short)
    if words:
        warnings.append(f"the audio is damaged in places: {words}")
    if found.streams > 1:
        warnings.append(f"the file has {found.streams} audio tracks; only the default one was taken")
    return tuple(warnings)


@contextlib.contextmanager
def _outputs(into: Path, count: int) -> Iterator[dict[Path, int]]:
    """Fresh files with their descriptors; removed again if anything goes wrong."""
    outputs: dict[Path, int] = {}
    try:
        into.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            descriptor, name = tempfile.mkstemp(prefix=f"channel-{number}-", suffix=".wav", dir=into)
            outputs[Path(name)] = descriptor
        yield outputs
    except BaseException as error:
        for path in outputs:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise unwritable(into, error) from error
        raise
    finally:
        for descriptor in outputs.values():
            os.close(descriptor)


def _finish(path: Path, descriptor: int) -> int:
    """Put the header before the samples; how many bytes of samples there are."""
    data_bytes = max(0, os.fstat(descriptor).st_size - wav.HEADER_BYTES)
    os.pwrite(descriptor, wav.header(data_bytes), 0)
    return data_bytes


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    """The source for reading: a plain file with something in it."""
    try:
        # Asked before it is opened: opening a pipe or a device can block, or do something.
        if not stat.S_ISREG(source.path.stat().st_mode):
            raise AudioError("not a plain file", code="source-not-a-file", hint="give a file, or exclude it")
        stream = source.path.open("rb")
    except FileNotFoundError as error:
        raise _gone(source) from error
    except OSError as error:
        raise _unreadable(error) from error
    with stream:
        if os.fstat(stream.fileno()).st_size == 0:
            raise AudioError("the file is empty (0 bytes)", code="audio-empty", hint="copy or record it again")
        try:
            yield stream
        except OSError as error:
            raise _unreadable(error) from error


def _unreadable(error: OSError) -> AudioError:
    return AudioError(
        f"cannot be read: {error.strerror or error}",
        code="source-unreadable",
        hint="check the permissions of the file and its folders",
    )


def _gone(source: Source) -> SourceGone:
    return SourceGone(f"{source.name} is no longer there", code="source-gone")


def _unchanged(source: Source, before: os.stat_result) -> None:
    """Raises SourceGone where the file is not the one that was opened, or no longer as it was."""
    try:
        now = source.path.stat()
    except FileNotFoundError as error:
        raise _gone(source) from error
    if (now.st_ino, now.st_size, now.st_mtime_ns) != (before.st_ino, before.st_size, before.st_mtime_ns):
        raise SourceGone(
            f"{source.name} changed while it was being read",
            code="source-changed",
            hint="run again when it is complete",
            retryable=True,
        )
