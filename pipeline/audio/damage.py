"""Why can this recording not be heard, in words that help its owner?

ffmpeg's exit code says only that it failed. The reason is in the file's first bytes, in what its header promised
and in ffmpeg's last words; each reason has its own code.
"""

from __future__ import annotations

import re
import signal
from pathlib import Path

from pipeline.audio import wav
from pipeline.audio.ffmpeg import Found, Unreadable
from pipeline.errors import AudioError, OutputError, PipelineError

_MAGIC = {
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"\x1aE\xdf\xa3": "Matroska or WebM",
    b"ID3": "MP3",
    b"FORM": "AIFF",
    b"FLV": "FLV",
}
_LISTS = ("hls", "applehttp", "concat", "dash", "webm_dash_manifest", "sdp", "rtsp", "imf", "sap")
# The boxes that mark protected samples: common encryption, FairPlay, Audible.
_PROTECTED_BOXES = (b"enca", b"drms", b"aavd", b"pssh")
_LARGEST_INDEX_BYTES = 64 << 20
# A header shorter than this has no room for samples.
_HEADER_BYTES = 1_024
_SLACK_MS = 500
_SLACK_SHARE = 0.02


def unreadable(path: Path, failure: Unreadable) -> PipelineError:
    """The error for a file that ffmpeg gave up on."""
    words = failure.words
    if "No space left on device" in words:
        return OutputError("the disk is full: the converted audio does not fit", code="disk-full")
    if refused := re.search(r"\[(\w+)[^]]*\] Format not(?: \||$)", words):
        return _refused(refused[1])
    head = _head(path)
    if encrypted(path, words):
        return _encrypted()
    if failure.returncode < 0:
        return _ended_by(-failure.returncode)
    if head[:4] == b"RIFF" and (problem := _short_riff(path, head)):
        return problem
    if "moov atom not found" in words or (_kind(head) and len(head) < _HEADER_BYTES):
        kind = _kind(head) or "media"
        return AudioError(
            f"the file breaks off before any audio: it begins as {kind} and its index or first samples are missing",
            code="audio-truncated",
            hint="copy or record it again",
        )
    return AudioError(
        f"ffmpeg cannot decode it: {words or 'no reason given'}",
        code="audio-undecodable",
        hint="check that it is an audio or video file",
    )


def _ended_by(number: int) -> PipelineError:
    if number == signal.SIGXFSZ:
        return OutputError("the converted audio is larger than this account may write (ulimit -f)")
    if number in (signal.SIGKILL, signal.SIGTERM):
        return AudioError(
            f"ffmpeg was killed (signal {number}), by somebody or for want of memory",
            code="audio-killed",
            hint="run again, with fewer sessions if memory is short",
            retryable=True,
        )
    return AudioError(
        f"ffmpeg crashed on this file (signal {number})",
        code="audio-undecodable",
        hint="convert the file to WAV by hand, or exclude it",
    )


def _refused(kind: str) -> AudioError:
    if kind in _LISTS:
        return AudioError(
            f"the file is a list of other files ({kind}), which is never followed",
            code="audio-refused",
            hint="give the recordings themselves",
        )
    return AudioError(
        f"the file looks like {kind}, which is not a kind of recording",
        code="audio-undecodable",
        hint="check that it is an audio or video file",
    )


def soundless(path: Path, found: Found, words: str) -> AudioError:
    """The error for a file that ffmpeg read to the end without finding one sample."""
    if encrypted(path, words):
        return _encrypted()
    if words:
        return AudioError(
            f"nothing in it can be decoded: {words}", code="audio-undecodable", hint="copy or record it again"
        )
    head = _head(path)
    promised_ms = found.promised_ms or 0
    if riff := _parse(path):
        promised_ms = riff.ms(riff.promised_bytes)
    if promised_ms > 0 or (_kind(head) and len(head) < _HEADER_BYTES and head[:4] != b"RIFF"):
        return _header_only(_kind(head) or found.format)
    return AudioError("the recording has a length of zero", code="audio-zero-length", hint="nothing to transcribe")


def shortfall(path: Path, found: Found, heard_ms: int) -> str | None:
    """A warning where the header promises clearly more than could be decoded."""
    promised_ms = found.promised_ms
    if riff := _parse(path):
        promised_ms = None if riff.endless else riff.ms(riff.promised_bytes)
    if promised_ms is None or promised_ms - heard_ms <= _SLACK_MS + promised_ms * _SLACK_SHARE:
        return None
    return f"the file is cut short: it promises {promised_ms / 1000:.1f} s and holds {heard_ms / 1000:.1f} s"


def encrypted(path: Path, words: str) -> bool:
    """Whether the samples are protected: ffmpeg says so for ASF, and for MP4 the boxes of the index do."""
    if "DRM protected" in words or "decryption key" in words.lower():
        return True
    if _head(path)[4:8] not in (b"ftyp", b"moov"):
        return False
    index = _moov(path)
    return any(box in index for box in _PROTECTED_BOXES)


def _moov(path: Path) -> bytes:
    """The index of an MP4 file, wherever it lies; empty where there is none."""
    with path.open("rb") as stream:
        while len(head := stream.read(8)) == 8:
            length, name = int.from_bytes(head[:4], "big"), head[4:]
            taken = 8
            if length == 1:
                length, taken = int.from_bytes(stream.read(8), "big"), 16
            if name == b"moov":
                return stream.read(min(max(length - taken, 0), _LARGEST_INDEX_BYTES))
            if length < taken:
                return b""
            stream.seek(length - taken, 1)
    return b""


def _short_riff(path: Path, head: bytes) -> AudioError | None:
    riff = _parse(path)
    if riff is None and len(head) < _HEADER_BYTES:
        if len(head) >= wav.HEADER_BYTES - 8:
            return _header_only("WAV")
        return AudioError(
            f"the file breaks off within its header, after {len(head)} bytes",
            code="audio-truncated",
            hint="copy or record it again",
        )
    if riff is not None and riff.held_bytes == 0:
        if riff.promised_bytes in (0, 0xFFFFFFFF):
            return AudioError("the recording has a length of zero", code="audio-zero-length")
        return _header_only("WAV")
    return None


def _header_only(kind: str) -> AudioError:
    return AudioError(
        f"the file is a {kind} header and no audio after it",
        code="audio-header-only",
        hint="copy or record it again",
    )


def _encrypted() -> AudioError:
    return AudioError(
        "the audio is encrypted (DRM)", code="audio-encrypted", hint="give a copy without copy protection"
    )


def _parse(path: Path) -> wav.Riff | None:
    with path.open("rb") as stream:
        return wav.parse(stream)


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_HEADER_BYTES)


def _kind(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":
        return "MP4"
    if head[:4] == b"RIFF":
        return "AVI" if head[8:12] == b"AVI " else "WAV"
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
