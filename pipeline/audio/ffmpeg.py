"""What does the outside program ffmpeg know about this file, and what does it hear in it?

The only module that names ffmpeg and ffprobe. Files are hostile until shown otherwise: a name reaches ffmpeg only as
`file:/absolute/path` in a list of arguments, no shell sees it; the formats are an allow-list, because a playlist
(hls, dash, concat, sdp, image sequences) opens other files and addresses; the only protocol is `file`. ffmpeg never
opens an output by name: it writes raw samples to descriptors that the caller opened.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.audio.process import Ended, Patience, TooSlow, run
from pipeline.errors import AudioError, FfmpegMissing
from pipeline.values import Media

SAMPLE_RATE_HZ = 16_000
PROBE_LIMIT_S = 120.0
# A decoder that writes nothing for this long hangs; one that is slow but alive may go on up to decode_limit_s.
STALL_LIMIT_S = 120.0
_WORDS_CHARS = 300

# Formats that hold their own samples. Left out on purpose: whatever names other files (hls, dash, concat, imf, sdp,
# image2, ...), devices (lavfi, alsa, x11grab), and formats only ever guessed from text.
_FORMATS = (
    "3gp,aa,aac,aax,ac3,act,aiff,alaw,amr,amrnb,amrwb,ape,apc,asf,asf_o,ast,au,avi,avr,caf,codec2,daud,dsf,dss,dts,"
    "dtshd,dv,eac3,f4v,flac,flv,g722,g723_1,g726,g726le,g729,gsm,gxf,hcom,iff,ilbc,ircam,kux,live_flv,loas,m4a,"
    "matroska,mj2,mlp,mov,mp3,mp4,mpc,mpc8,mpeg,mpegts,mpegtsraw,mulaw,mxf,nist,nistsphere,nut,nuv,obu,ogg,oma,paf,"
    "pva,pvf,qcp,rm,rso,sbc,sds,shn,sln,sox,spdif,svs,tak,truehd,tta,voc,vqf,w64,wav,webm,wsd,wtv,wv,xwma,3g2"
)
# Audio that begins late in a broadcast stream is not found within ffmpeg's own 5 MB and 5 s.
_INPUT_OPTIONS = (
    *("-protocol_whitelist", "file"),
    *("-format_whitelist", _FORMATS),
    *("-probesize", "50M"),
    *("-analyzeduration", "60M"),
)
# Complaints about our own output's time stamps (raw samples have none), and about repetition.
_OF_NO_INTEREST = ("[s16le]", "Last message repeated")
# What a loader or a shell ends with when a program, or a library of it, is missing or broken.
_NOT_STARTED = (126, 127)
_ENVIRONMENT_LEFT_OUT = ("FFREPORT", "AV_LOG_FORCE_COLOR", "AV_LOG_FORCE_256COLOR")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Tools:
    """Paths of the two programs."""

    ffmpeg: str
    ffprobe: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds: the audio stream that is taken, and how it lies on the file's clock.

    `lead_ms` is how long after the file's start the stream begins. `promised_ms` is the stream's length by the
    header, None where that is a guess. `laid_out` is False where the channels have no known places.
    """

    media: Media
    format: str
    stream: int
    streams: int
    lead_ms: int
    promised_ms: int | None
    laid_out: bool


class Unreadable(Exception):
    """ffmpeg ended without samples: `words` are its last, `returncode` negative for a signal. Stays in this room."""

    def __init__(self, words: str, returncode: int):
        super().__init__(words)
        self.words = words
        self.returncode = returncode


def find(name: str = "ffmpeg") -> Tools:
    """The programs by name or path, ffprobe beside ffmpeg. Raises FfmpegMissing."""
    ffmpeg = shutil.which(Path(name).expanduser() if name.startswith("~") else name)
    if ffmpeg is None:
        raise FfmpegMissing(f"{name} is not on PATH" if os.sep not in name else f"{name} is not a program")
    sister = Path(ffmpeg).name.replace("ffmpeg", "ffprobe")
    ffprobe = shutil.which(Path(ffmpeg).with_name(sister)) or shutil.which(sister) or shutil.which("ffprobe")
    if ffprobe is None or sister == Path(ffmpeg).name:
        raise FfmpegMissing(f"ffprobe is neither beside {ffmpeg} nor on PATH")
    return Tools(str(ffmpeg), str(ffprobe))


def version(tools: Tools) -> str:
    """`5.1.9-0+deb12u1`, for doctor."""
    ended = _run([tools.ffmpeg, "-version"], Patience(PROBE_LIMIT_S))
    words = ended.answer.decode(errors="replace").split()
    return words[2] if words[:2] == ["ffmpeg", "version"] else "unknown"


def probe(tools: Tools, path: Path, *, stop: threading.Event | None = None) -> Found:
    """What the file holds. Raises Unreadable, AudioError (no audio stream, time out), Interrupted."""
    command = [tools.ffprobe, "-hide_banner", "-v", "warning", *_INPUT_OPTIONS]
    command += ["-of", "json", "-show_format", "-show_streams", "-i", _address(path)]
    ended = _run(command, Patience(PROBE_LIMIT_S), stop)
    try:
        answer = json.loads(ended.answer.decode(errors="replace") or "{}")
    except ValueError:
        answer = {}
    if ended.returncode != 0 or not answer.get("streams"):
        raise Unreadable(_tidy(ended.words, path), ended.returncode)
    return _found(answer, guessed=b"Estimating duration from bitrate" in ended.words)


def decode(
    tools: Tools,
    path: Path,
    found: Found,
    outputs: Sequence[int],
    *,
    stop: threading.Event | None = None,
) -> str:
    """Write 16 kHz 16-bit samples to the descriptors: one gets the mix, several get a channel each.

    Gaps in the source's time stamps become silence; the lead is the caller's. Returns what ffmpeg complained about,
    empty for a sound file. Raises Unreadable, AudioError (time out, too long), Interrupted.
    """
    most_bytes = longest_ms(path.stat().st_size) * SAMPLE_RATE_HZ * 2 // 1000
    begins = [os.lseek(descriptor, 0, os.SEEK_CUR) for descriptor in outputs]
    command = [tools.ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1", *_INPUT_OPTIONS]
    command += ["-i", _address(path), "-filter_complex_threads", "1", *_graph(found, len(outputs))]
    for number, descriptor in enumerate(outputs):
        command += ["-map", f"[out{number}]", "-c:a", "pcm_s16le", "-fs", str(most_bytes)]
        command += ["-f", "s16le", f"pipe:{descriptor}"]
    patience = Patience(
        whole_s=decode_limit_s(path.stat().st_size),
        stall_s=STALL_LIMIT_S,
        progress=lambda: os.lseek(outputs[0], 0, os.SEEK_CUR),
    )
    ended = _run(command, patience, stop, outputs)
    words = _tidy(ended.words, path)
    if ended.returncode != 0:
        raise Unreadable(words, ended.returncode)
    if any(os.fstat(at).st_size - begin >= most_bytes for at, begin in zip(outputs, begins, strict=True)):
        raise AudioError(
            f"{path.stat().st_size:,} bytes claim to be more than {longest_ms(path.stat().st_size) // 3_600_000} hours",
            code="audio-too-long",
            hint="its time stamps are damaged, most likely: convert it to WAV by hand, or exclude it",
        )
    return words


def decode_limit_s(size_bytes: int) -> float:
    """Ten minutes, and as long again as 24 kbit/s speech of this size would take to play at ten times its speed."""
    return 600 + size_bytes / 30_000


def longest_ms(size_bytes: int) -> int:
    """A day, and as long again as 400 bit/s would take, below what any codec needs for speech.

    Time stamps that lie can make hours of silence of a few bytes, until the disk is full.
    """
    return 24 * 3_600_000 + size_bytes * 20


def _address(path: Path) -> str:
    # Absolute, so that no name can look like an option or a protocol.
    return f"file:{path.absolute()}"


def _graph(found: Found, outputs: int) -> list[str]:
    """One filter graph for all outputs, so that the source is decoded once.

    first_pts is not set: when a stream changes its sample rate or channels midway, ffmpeg builds the graph anew and
    would put the whole silence up to that point in once more (measured with two joined MP3s).
    """
    source = f"[0:{found.stream}]"
    resampled = f"aresample={SAMPLE_RATE_HZ}:async=1"
    channels = found.media.channels
    if outputs > 1:
        names = "".join(f"[in{number}]" for number in range(outputs))
        parts = [f"{source}{resampled},asplit={outputs}{names}"]
        parts += [f"[in{number}]pan=mono|c0=c{number}[out{number}]" for number in range(outputs)]
    elif found.laid_out:
        parts = [f"{source}{resampled},aformat=sample_fmts=s16:channel_layouts=mono[out0]"]
    else:
        mixed = "+".join(f"{1 / channels:.6f}*c{number}" for number in range(channels))
        parts = [f"{source}pan=mono|c0={mixed},{resampled}[out0]"]
    return ["-filter_complex", ";".join(parts)]


def _found(answer: dict[str, Any], *, guessed: bool) -> Found:
    streams = answer["streams"]
    audio = [stream for stream in streams if stream.get("codec_type") == "audio"]
    if not audio:
        raise AudioError(
            "the file has no audio stream", code="no-audio-stream", hint="nothing to transcribe: exclude it"
        )
    taken = next((stream for stream in audio if _flag(stream, "default")), audio[0])
    container = answer.get("format", {})
    video = any(s.get("codec_type") == "video" and not _flag(s, "attached_pic") for s in streams)
    own_ms = _ms(taken.get("duration"))
    whole_ms = _ms(container.get("duration"))
    media = Media(
        codec=str(taken.get("codec_name", "unknown")),
        sample_rate_hz=int(taken.get("sample_rate", 0)),
        channels=int(taken.get("channels", 0)),
        duration_ms=whole_ms or own_ms or 0,
        has_video=video,
    )
    start_ms, file_start_ms = _ms(taken.get("start_time")), _ms(container.get("start_time"))
    lead_ms = max(0, (start_ms or 0) - (file_start_ms or 0))
    promised_ms = own_ms if own_ms is not None or video or len(streams) > 1 else whole_ms
    return Found(
        media=media,
        format=str(container.get("format_name", "unknown")),
        stream=int(taken["index"]),
        streams=len(audio),
        # A lead longer than the file is a broken time stamp, not silence.
        lead_ms=lead_ms if lead_ms <= media.duration_ms else 0,
        promised_ms=None if guessed else promised_ms,
        laid_out="channel_layout" in taken or media.channels <= 2,
    )


def _flag(stream: dict[str, Any], name: str) -> bool:
    return bool(stream.get("disposition", {}).get(name))


def _ms(seconds: object) -> int | None:
    try:
        return round(float(str(seconds)) * 1000)
    except (ValueError, OverflowError):
        return None


def _run(
    command: list[str], patience: Patience, stop: threading.Event | None = None, outputs: Sequence[int] = ()
) -> Ended:
    environment = {name: value for name, value in os.environ.items() if name not in _ENVIRONMENT_LEFT_OUT}
    environment["AV_LOG_FORCE_NOCOLOR"] = "1"
    try:
        ended = run(command, patience, environment=environment, stop=stop, descriptors=outputs)
    except OSError as error:
        raise FfmpegMissing(f"cannot start {command[0]}: {error.strerror or error}") from error
    except TooSlow as error:
        raise AudioError(
            f"ffmpeg was stopped after {error.after_s:.0f} s: it was getting nowhere with this file",
            code="audio-timeout",
            hint="convert the file to WAV by hand, or exclude it",
        ) from error
    if ended.returncode in _NOT_STARTED:
        raise FfmpegMissing(f"{command[0]} does not start: {_tidy(ended.words, Path(command[0]))}")
    return ended


def _tidy(words: bytes, path: Path) -> str:
    """ffmpeg's last words on one line: no control characters, no addresses, not more than a few hundred."""
    # ffmpeg itself prints `?` for control characters, in names too.
    text = _CONTROL.sub("?", words.decode(errors="surrogateescape"))
    text = text.replace(_CONTROL.sub("?", _address(path)), " ".join(path.name.split()))
    lines = []
    for line in text.splitlines():
        line = re.sub(r"^\[(\S+) @ 0x[0-9a-f]+\]", r"[\1]", line.strip())
        line = line.partition(" on whitelist")[0]
        line = "".join(character if character.isprintable() else "?" for character in line)
        if line and line not in lines and not line.startswith(_OF_NO_INTEREST):
            lines.append(line)
    return " | ".join(lines[-3:])[-_WORDS_CHARS:]
