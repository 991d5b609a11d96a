from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from recordings import make, source, tone

from pipeline.audio import ffmpeg
from pipeline.audio.convert import convert, look
from pipeline.config.schema import AudioSettings
from pipeline.errors import AudioError

AUDIO = AudioSettings()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """An address that a playlist may name, and the requests that came."""
    asked: list[str] = []
    recording = make(tmp_path / "remote.wav", *tone(1)).read_bytes()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(recording)

        def log_message(self, *arguments: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as web:
        thread = threading.Thread(target=web.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}/secret.wav", asked
        web.shutdown()
        thread.join()


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{}\n#EXT-X-ENDLIST\n",
    "plain m3u": "#EXTM3U\n{}\n",
    "concat": "ffconcat version 1.0\nfile '{}'\n",
    "xspf": "<?xml version='1.0'?><playlist xmlns='http://xspf.org/ns/0/' version='1'><trackList><track>"
    "<location>{}</location></track></trackList></playlist>",
    "dash": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static' "
    "mediaPresentationDuration='PT5S'><Period><AdaptationSet mimeType='audio/mp4'><Representation id='a' "
    "bandwidth='1'><BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\na=control:{}\n",
    "reference": "[Reference]\nRef1={}\n",
    "asx": "<ASX version='3.0'><Entry><Ref href='{}'/></Entry></ASX>",
    "smil": "<smil><body><audio src='{}'/></body></smil>",
    "pls": "[playlist]\nFile1={}\nNumberOfEntries=1\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_cannot_read_other_files_or_the_network(tmp_path: Path, server: tuple[str, list[str]], kind: str):
    address, asked = server
    secret = make(tmp_path / "secret.wav", *tone(1))
    cases = [("a.m3u8", str(secret)), ("b.wav", "secret.wav"), ("c.mp4", address), ("d.ffconcat", f"file:{secret}")]
    for name, target in cases:
        path = tmp_path / name
        path.write_text(PLAYLISTS[kind].format(target))

        with pytest.raises(AudioError):
            convert(source(path), AUDIO, tmp_path / "clips")

    assert asked == []


@pytest.mark.parametrize("kind", ["hls", "concat"])
def test_a_playlist_is_called_what_it_is(tmp_path: Path, kind: str):
    path = tmp_path / "list.wav"
    path.write_text(PLAYLISTS[kind].format("other.wav"))

    with pytest.raises(AudioError) as caught:
        convert(source(path), AUDIO, tmp_path / "clips")

    assert caught.value.code == "audio-refused"
    assert caught.value.message == f"the file is a list of other files ({kind}), which is never followed"


@pytest.mark.parametrize(
    "name",
    [
        "-i.mp3",
        "-y",
        "--help.mp3",
        "a b.mp3",
        "line\nbreak.mp3",
        'it\'s "quoted".mp3',
        "$(touch hacked).mp3",
        "; touch hacked;.mp3",
        "http:x.mp3",
        "concat:a|b.mp3",
        "pipe:0",
        "frame%03d.mp3",
        "[0:a]*?.mp3",
        "файл 🎙.mp3",
        "back\\slash.mp3",
        b"not utf-8 \xff\xfe.mp3".decode("utf-8", "surrogateescape"),
    ],
)
def test_no_name_is_more_than_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / name
    make(tmp_path / "plain.mp3", *tone(1)).rename(path)

    for given in (path, Path("in") / name):
        result = convert(source(given), AUDIO, tmp_path / "clips")
        assert result.media.duration_ms == pytest.approx(1_000, abs=60)
        assert look(source(given), AUDIO).codec == "mp3"
    assert not (tmp_path / "hacked").exists()


def test_a_name_relative_to_the_working_folder_may_begin_with_a_dash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "plain.mp3", *tone(1)).rename(tmp_path / "-f.mp3")

    assert convert(source(Path("-f.mp3")), AUDIO, tmp_path / "clips").media.codec == "mp3"


def test_what_ffmpeg_says_is_one_short_printable_line(tmp_path: Path):
    path = tmp_path / "evil\x1b[31m\nname.wav"
    path.write_text("no recording")

    with pytest.raises(AudioError) as caught:
        convert(source(path), AUDIO, tmp_path / "clips")

    assert caught.value.message.isprintable()
    assert str(tmp_path) not in caught.value.message
    assert len(caught.value.message) < 400


def test_reports_that_the_environment_asks_of_ffmpeg_are_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FFREPORT", f"file={tmp_path}/report.log:level=48")
    path = make(tmp_path / "a.mp3", *tone(1))
    (tmp_path / "report.log").unlink()

    convert(source(path), AUDIO, tmp_path / "clips")

    assert not (tmp_path / "report.log").exists()


def test_ffmpeg_is_found_by_path_with_ffprobe_beside_it(tmp_path: Path):
    for name in ("ffmpeg-9", "ffprobe-9"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)

    tools = ffmpeg.find(str(tmp_path / "ffmpeg-9"))

    assert tools == ffmpeg.Tools(str(tmp_path / "ffmpeg-9"), str(tmp_path / "ffprobe-9"))


def test_the_version_is_told():
    assert ffmpeg.version(ffmpeg.find())[0].isdigit()
