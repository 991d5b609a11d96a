from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from recordings import SAMPLES, first_sound_ms, make, picture, samples, source, tone, write_wav

from pipeline.audio import ffmpeg
from pipeline.audio.convert import Converted, convert, look
from pipeline.config.schema import AudioSettings
from pipeline.errors import AudioError, FfmpegMissing, Interrupted, OutputError, SourceGone
from pipeline.values import Media

MIX = AudioSettings()
SEPARATE = AudioSettings(channels="separate")


def converted(path: Path, into: Path, audio: AudioSettings = MIX) -> Converted:
    return convert(source(path), audio, into)


@pytest.mark.parametrize(
    ("name", "encoding", "codec"),
    [
        ("a.wav", ("-c:a", "pcm_s16le"), "pcm_s16le"),
        ("a.wav", ("-c:a", "pcm_s24le"), "pcm_s24le"),
        ("a.wav", ("-c:a", "pcm_f32le"), "pcm_f32le"),
        ("a.wav", ("-c:a", "pcm_alaw", "-ar", "8000"), "pcm_alaw"),
        ("a.wav", ("-c:a", "pcm_mulaw", "-ar", "8000"), "pcm_mulaw"),
        ("a.wav", ("-c:a", "adpcm_ms"), "adpcm_ms"),
        ("a.mp3", (), "mp3"),
        ("a.m4a", (), "aac"),
        ("a.aac", (), "aac"),
        ("a.flac", (), "flac"),
        ("a.opus", ("-c:a", "libopus"), "opus"),
        ("a.ogg", ("-c:a", "libvorbis"), "vorbis"),
        ("a.webm", ("-c:a", "libopus"), "opus"),
        ("a.mka", (), "vorbis"),
        ("a.aiff", (), "pcm_s16be"),
        ("a.au", (), "pcm_s16be"),
        ("a.caf", ("-c:a", "pcm_s16le"), "pcm_s16le"),
        ("a.wma", (), "wmav2"),
        ("a.ac3", (), "ac3"),
        ("a.w64", (), "pcm_s16le"),
        ("a.avi", (), "mp3"),
        ("a.ts", ("-c:a", "aac"), "aac"),
    ],
)
def test_every_format_becomes_a_16_khz_mono_wav(tmp_path: Path, name: str, encoding: tuple[str, ...], codec: str):
    path = make(tmp_path / name, *tone(2), *encoding)

    result = converted(path, tmp_path / "clips")

    with wave.open(str(result.clips[0].path)) as clip:
        assert (clip.getnchannels(), clip.getframerate(), clip.getsampwidth()) == (1, 16_000, 2)
        assert clip.getnframes() == pytest.approx(32_000, abs=1_600)
    # Below the loudness of the tone (1/8 of full scale) only if it had been lost on the way.
    assert np.abs(samples(result.clips[0].path)[8_000:24_000]).max() > 3_000
    assert result.media.codec == codec
    assert result.clips[0].duration_ms == result.media.duration_ms == pytest.approx(2_000, abs=100)
    assert result.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert result.warnings == ()


def test_the_samples_convert_without_a_warning(tmp_path: Path):
    paths = sorted(path for path in SAMPLES.rglob("*") if path.is_file())

    results = [converted(path, tmp_path) for path in paths]

    assert len(results) >= 12
    assert [result.warnings for result in results] == [()] * len(paths)


def test_a_wav_that_is_ready_is_used_where_it_lies(tmp_path: Path):
    path = write_wav(tmp_path / "ready.wav", np.arange(16_007, dtype=np.int16))
    # A program that is not there: ready means that none is asked.
    result = converted(path, tmp_path / "clips", AudioSettings(ffmpeg="no-such-program"))

    assert [clip.path for clip in result.clips] == [path]
    assert result.media == Media("pcm_s16le", 16_000, 1, 1_001)
    assert result.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not (tmp_path / "clips").exists()


def test_a_ready_wav_with_text_behind_the_samples_is_written_anew(tmp_path: Path):
    path = write_wav(tmp_path / "tagged.wav", np.full(16_000, 1_000, np.int16))
    with path.open("ab") as stream:
        stream.write(b"LIST\x04\x00\x00\x00INFO")

    clip = converted(path, tmp_path / "clips").clips[0]

    assert clip.path != path
    assert samples(clip.path).tolist() == [1_000] * 16_000


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts", "late.mov"])
def test_sound_that_begins_late_in_a_video_is_late_in_the_clip(tmp_path: Path, name: str):
    path = make(tmp_path / name, *picture(8), "-itsoffset", "3", *tone(5), "-c:a", "aac")

    result = converted(path, tmp_path)

    assert first_sound_ms(result.clips[0].path) == pytest.approx(3_000, abs=60)
    assert result.clips[0].duration_ms == pytest.approx(8_000, abs=120)
    assert result.media.has_video
    assert result.warnings == ()


def test_sound_that_begins_later_than_ffmpeg_looks_by_itself_is_found(tmp_path: Path):
    late = ("-itsoffset", "12", *tone(2), "-c:v", "mpeg2video", "-c:a", "aac")
    path = make(tmp_path / "late.ts", *picture(14), *late)

    assert first_sound_ms(converted(path, tmp_path).clips[0].path) == pytest.approx(12_000, abs=60)


def test_time_stamps_that_claim_days_do_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ffmpeg, "longest_ms", lambda size_bytes: 5_000)  # a day of silence would be 3 GB
    holed = ("-af", "aselect='not(between(t,2,6))'", "-c:a", "pcm_s16le")
    path = make(tmp_path / "claims.mkv", *tone(8), *holed)

    with pytest.raises(AudioError, match="bytes claim to be more than 0 hours") as caught:
        converted(path, tmp_path)

    assert caught.value.code == "audio-too-long"
    assert not list(tmp_path.rglob("channel-*"))


def test_a_gap_in_the_time_stamps_becomes_silence(tmp_path: Path):
    holed = ("-af", "aselect='not(between(t,2,5))'", "-c:a", "pcm_s16le")
    path = make(tmp_path / "gap.mkv", *tone(8), *holed)

    clip = samples(converted(path, tmp_path).clips[0].path)

    assert len(clip) == pytest.approx(8 * 16_000, abs=1_600)
    assert np.abs(clip[int(2.2 * 16_000) : int(4.8 * 16_000)]).max() == 0
    assert np.abs(clip[int(5.2 * 16_000) :]).max() > 3_000


def test_a_change_of_channels_midway_does_not_move_what_follows(tmp_path: Path):
    mono = make(tmp_path / "mono.mp3", *tone(3), "-ac", "1")
    stereo = make(tmp_path / "stereo.mp3", *tone(3), "-ac", "2", "-ar", "22050")
    joined = tmp_path / "joined.mp3"
    joined.write_bytes(mono.read_bytes() + stereo.read_bytes())

    assert converted(joined, tmp_path).clips[0].duration_ms == pytest.approx(6_000, abs=120)


def two_tones(path: Path) -> Path:
    merge = ("-filter_complex", "[0:a][1:a]amerge=inputs=2", "-c:a", "pcm_s16le")
    return make(path, *tone(2, 440), *tone(2, 880), *merge)


def test_separate_channels_become_a_clip_each(tmp_path: Path):
    result = converted(two_tones(tmp_path / "two.wav"), tmp_path / "clips", SEPARATE)

    pitches = [loudest_hz(samples(clip.path)) for clip in result.clips]
    assert [clip.channel for clip in result.clips] == [0, 1]
    assert pitches == pytest.approx([440, 880], abs=3)
    assert result.media.channels == 2


def test_mixed_channels_are_averaged(tmp_path: Path):
    left = make(tmp_path / "left.wav", *tone(2), "-af", "pan=stereo|c0=c0|c1=0*c0")
    whole = samples(converted(make(tmp_path / "whole.wav", *tone(2)), tmp_path / "a").clips[0].path)

    mixed = samples(converted(left, tmp_path / "b").clips[0].path)

    assert np.abs(mixed).max() == pytest.approx(np.abs(whole).max() / 2, rel=0.02)


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8, 12])
def test_any_number_of_channels_is_taken(tmp_path: Path, channels: int):
    frames = np.tile(np.full(channels, 8_000, "<i2"), 16_000)
    path = tmp_path / "many.wav"
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(channels)
        stream.setsampwidth(2)
        stream.setframerate(16_000)
        stream.writeframes(frames.tobytes())

    assert len(converted(path, tmp_path / "mix").clips) == 1
    separate = converted(path, tmp_path / "separate", SEPARATE)
    assert len(separate.clips) == channels
    assert all(samples(clip.path)[8_000] == 8_000 for clip in separate.clips)


def test_the_default_track_is_taken_and_the_others_are_named(tmp_path: Path):
    tracks = ("-map", "0:a", "-map", "1:a", "-disposition:a:0", "0", "-disposition:a:1", "default")
    path = make(tmp_path / "tracks.mka", *tone(2, 440), *tone(2, 880), *tracks)

    result = converted(path, tmp_path)

    assert loudest_hz(samples(result.clips[0].path)) == pytest.approx(880, abs=3)
    assert result.warnings == ("the file has 2 audio tracks; only the default one was taken",)


def test_a_cover_picture_is_no_video(tmp_path: Path):
    cover = make(tmp_path / "cover.png", *picture(1), "-frames:v", "1")
    attached = ("-i", str(cover), "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v:0", "attached_pic")
    path = make(tmp_path / "song.mp3", *tone(2), *attached)

    assert not converted(path, tmp_path).media.has_video


@pytest.mark.parametrize(
    ("name", "share", "warning"),
    [
        ("cut.wav", 0.5, "the file is cut short: it promises 4.0 s and holds 2.0 s"),
        ("cut.flac", 0.5, "the file is cut short: it promises 4.0 s and holds "),
        ("cut.mp3", 0.5, "the file is cut short: it promises 4.0 s and holds "),
    ],
)
def test_what_is_left_of_a_cut_file_is_kept_with_a_warning(tmp_path: Path, name: str, share: float, warning: str):
    path = make(tmp_path / name, *tone(4), "-ac", "1")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])

    result = converted(path, tmp_path / "clips")

    assert 500 < result.media.duration_ms < 2_600
    assert result.warnings[0].startswith(warning)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("This is a letter, not a recording.\n" * 200)


def header_only(path: Path) -> None:
    path.write_bytes(write_wav(path, np.zeros(16_000, np.int16)).read_bytes()[:44])


def zero_length(path: Path) -> None:
    write_wav(path, np.zeros(0, np.int16))


def cut_in_the_header(path: Path) -> None:
    path.write_bytes(write_wav(path, np.zeros(16_000, np.int16)).read_bytes()[:20])


def without_index(path: Path) -> None:
    path.write_bytes(make(path, *tone(2)).read_bytes()[:8_000])


def only_a_picture(path: Path) -> None:
    make(path, *picture(1))


def encrypted(path: Path) -> None:
    key = ("-encryption_key", "00112233445566778899aabbccddeeff", "-encryption_kid", "0" * 32)
    make(path, *tone(2), "-c:a", "aac", "-encryption_scheme", "cenc-aes-ctr", *key)


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(7).bytes(40_000))


def folder(path: Path) -> None:
    path.mkdir()


def named_pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("name", "damaged", "code", "message"),
    [
        ("x.wav", empty, "audio-empty", "the file is empty (0 bytes)"),
        ("x.wav", text, "audio-undecodable", "ffmpeg cannot decode it: x.wav: Invalid data found"),
        ("x.mp3", text, "audio-undecodable", "ffmpeg cannot decode it: "),
        ("x.wav", noise, "audio-undecodable", "ffmpeg cannot decode it: "),
        ("x.bin", noise, "audio-undecodable", "the file looks like bin, which is not a kind of recording"),
        ("x.wav", header_only, "audio-header-only", "the file is a WAV header and no audio after it"),
        ("x.wav", zero_length, "audio-zero-length", "the recording has a length of zero"),
        ("x.wav", cut_in_the_header, "audio-truncated", "the file breaks off within its header, after 20 bytes"),
        ("x.m4a", without_index, "audio-truncated", "the file breaks off before any audio: it begins as MP4"),
        ("x.mp4", only_a_picture, "no-audio-stream", "the file has no audio stream"),
        ("x.m4a", encrypted, "audio-encrypted", "the audio is encrypted (DRM)"),
        ("x.wav", folder, "source-not-a-file", "not a plain file"),
        ("x.wav", named_pipe, "source-not-a-file", "not a plain file"),
        ("x.wav", device, "source-not-a-file", "not a plain file"),
    ],
)
def test_each_kind_of_damage_has_its_own_error(tmp_path: Path, name: str, damaged, code: str, message: str):  # type: ignore[no-untyped-def]
    path = tmp_path / name
    damaged(path)

    with pytest.raises(AudioError) as caught:
        converted(path, tmp_path / "clips")

    assert caught.value.code == code
    assert caught.value.message.startswith(message)
    assert caught.value.hint
    assert not caught.value.retryable
    assert list((tmp_path / "clips").glob("*")) == []


def test_a_source_that_vanished_is_gone(tmp_path: Path):
    path = write_wav(tmp_path / "a.wav", np.zeros(100, np.int16))
    listed = source(path)
    path.unlink()

    with pytest.raises(SourceGone) as caught:
        convert(listed, MIX, tmp_path)

    assert caught.value.code == "source-gone"


def test_a_source_that_grows_while_it_is_read_is_not_believed(tmp_path: Path):
    path = make(tmp_path / "growing.wav", *tone(2))
    tools = tmp_path / "tools"
    program(tools / "ffprobe", 'exec ffprobe "$@"')
    program(tools / "ffmpeg", f'printf more >> "{path}"; exec ffmpeg "$@"')

    with pytest.raises(SourceGone) as caught:
        converted(path, tmp_path / "clips", AudioSettings(ffmpeg=str(tools / "ffmpeg")))

    assert caught.value.code == "source-changed"
    assert caught.value.retryable


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_source_that_may_not_be_read_says_so(tmp_path: Path):
    path = write_wav(tmp_path / "private.wav", np.zeros(100, np.int16))
    path.chmod(0o600)
    program_text = (
        "import os, sys; from pathlib import Path\n"
        "from pipeline.audio.convert import convert; from pipeline.config.schema import AudioSettings\n"
        "from pipeline.errors import AudioError; from pipeline.values import Source\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: convert(Source(sys.argv[1], 'p', 'p', 1, 1), AudioSettings(), Path('/nowhere'))\n"
        "except AudioError as error: print(error.code, '|', error)\n"
    )

    done = subprocess.run([sys.executable, "-c", program_text, path], capture_output=True, text=True, timeout=60)

    assert done.stdout == "source-unreadable | cannot be read: Permission denied\n", done.stderr


def test_a_missing_ffmpeg_names_the_remedy(tmp_path: Path):
    path = make(tmp_path / "a.mp3", *tone(1))

    with pytest.raises(FfmpegMissing) as caught:
        converted(path, tmp_path, AudioSettings(ffmpeg="no-such-program"))

    assert (caught.value.message, caught.value.exit_code) == ("no-such-program is not on PATH", 3)


def test_an_ffmpeg_that_does_not_start_is_not_the_fault_of_the_file(tmp_path: Path):
    path = make(tmp_path / "a.mp3", *tone(1))
    broken = program(tmp_path / "tools" / "ffmpeg", "exit 0")
    program(tmp_path / "tools" / "ffprobe", "echo libavutil.so.99: cannot open shared object file >&2; exit 127")

    with pytest.raises(FfmpegMissing) as caught:
        converted(path, tmp_path, AudioSettings(ffmpeg=str(broken)))

    assert caught.value.message.endswith("ffprobe does not start: libavutil.so.99: cannot open shared object file")


@pytest.mark.parametrize(
    ("number", "code", "retryable"), [("KILL", "audio-killed", True), ("SEGV", "audio-undecodable", False)]
)
def test_a_decoder_that_is_killed_may_be_tried_again_one_that_crashes_not(
    tmp_path: Path, number: str, code: str, retryable: bool
):
    path = make(tmp_path / "a.wav", *tone(1))
    dying = program(tmp_path / "tools" / "ffmpeg", f"kill -{number} $$")
    program(tmp_path / "tools" / "ffprobe", 'exec ffprobe "$@"')

    with pytest.raises(AudioError) as caught:
        converted(path, tmp_path / "clips", AudioSettings(ffmpeg=str(dying)))

    assert (caught.value.code, caught.value.retryable) == (code, retryable)


def test_a_full_disk_is_an_output_error_and_leaves_nothing(tmp_path: Path):
    path = make(tmp_path / "a.mp3", *tone(60))
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("a small disk cannot be made here")
    try:
        with pytest.raises(OutputError) as caught:
            converted(path, small)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)

    assert caught.value.code == "disk-full"


def test_a_scratch_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path):
    path = make(tmp_path / "a.mp3", *tone(1))
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(OutputError):
        converted(path, tmp_path / "file" / "clips")


def test_a_decoder_that_stands_still_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pipeline.audio.ffmpeg.STALL_LIMIT_S", 0.5)
    path = make(tmp_path / "a.mp3", *tone(1))

    with pytest.raises(AudioError) as caught:
        converted(path, tmp_path / "clips", hanging(tmp_path / "tools"))

    assert caught.value.code == "audio-timeout"
    assert gone(int((tmp_path / "tools" / "child").read_text()))
    assert list((tmp_path / "clips").glob("*")) == []


def test_stopping_ends_the_decoder_at_once(tmp_path: Path):
    path = make(tmp_path / "a.mp3", *tone(1))
    stop = threading.Event()
    threading.Timer(0.7, stop.set).start()
    began = time.monotonic()

    with pytest.raises(Interrupted):
        convert(source(path), hanging(tmp_path / "tools"), tmp_path / "clips", stop=stop)

    assert time.monotonic() - began < 5
    assert gone(int((tmp_path / "tools" / "child").read_text()))


def test_looking_at_a_wav_needs_no_program(tmp_path: Path):
    path = make(tmp_path / "a.wav", *tone(3), "-ac", "2")

    media = look(source(path), AudioSettings(ffmpeg="no-such-program"))

    assert media == Media("pcm_s16le", 44_100, 2, 3_000)


def test_looking_at_a_video_says_how_long_it_is(tmp_path: Path):
    path = make(tmp_path / "a.mp4", *picture(4), *tone(3))

    media = look(source(path), MIX)

    assert (media.codec, media.has_video) == ("aac", True)
    assert media.duration_ms == pytest.approx(4_000, abs=50)


@pytest.mark.parametrize(
    ("minutes", "limit_mb"),
    [(20, 60), pytest.param(300, 60, marks=pytest.mark.slow)],
)
def test_memory_does_not_grow_with_the_recording(tmp_path: Path, minutes: int, limit_mb: int):
    stereo = ("-f", "lavfi", "-i", f"anoisesrc=duration={minutes * 60}:sample_rate=48000:amplitude=0.1")
    path = make(tmp_path / "long.wav", *stereo, "-ac", "2")
    program_text = (
        "import re, sys; from pathlib import Path\n"
        "from pipeline.audio.convert import convert; from pipeline.config.schema import AudioSettings\n"
        "from pipeline.values import Source\n"
        "made = convert(Source(sys.argv[1], 'l', 'l', 1, 1), AudioSettings(), Path(sys.argv[2]))\n"
        # Not getrusage: a child's maximum begins with what its parent had.
        "peak = re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())\n"
        "print(made.media.duration_ms, int(peak[1]) // 1024)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program_text, path, tmp_path / "clips"], capture_output=True, text=True, timeout=900
    )

    duration_ms, rss_mb = map(int, done.stdout.split())
    assert duration_ms == minutes * 60_000
    assert rss_mb < limit_mb


def loudest_hz(data: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(data[:16_000].astype(np.float64) * np.hanning(16_000)))
    return float(np.argmax(spectrum))


def program(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def hanging(tools: Path) -> AudioSettings:
    """An ffmpeg that waits for a child of its own, for ever."""
    program(tools / "ffprobe", 'exec ffprobe "$@"')
    hangs = program(tools / "ffmpeg", f'sleep 600 & echo $! > "{tools}/child"; wait')
    return AudioSettings(ffmpeg=str(hangs))


def gone(process_id: int) -> bool:
    for _ in range(50):
        try:
            state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False
