"""`speech-pipeline listen` with a microphone that is a pipe: real ALSA, real SDK, real host."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_microphone import NAME, fake_microphone, no_microphone
from host_process import Host, running_host
from sdk_client import noise

ROOT = Path(__file__).parents[2]
# The scripted ear hears a word in every half second of noise and ends a phrase after five seconds.
PHRASE_S = 5.0
SPEED = 4.0


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with running_host(ear="scripted") as running:
        yield running


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[dict[str, str]]:
    with fake_microphone(tmp_path, noise(8).tobytes(), SPEED) as environment:
        yield environment


class Listening:
    """The command while it runs."""

    def __init__(self, environment: dict[str, str], *arguments: str, stdin: int = subprocess.PIPE, **extra: int):
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pipeline", "listen", *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=extra.get("stderr", subprocess.PIPE),
            text=True,
        )

    def line(self) -> str:
        """The next line of standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def end(self, keys: str | None = None) -> tuple[int, str, str]:
        """Exit code and what else was said, after `keys` were typed."""
        said, errors = self.process.communicate(keys, timeout=40)
        return self.process.returncode, said, errors


def test_what_is_said_is_written_and_enter_stops_with_the_last_words(
    host: Host, heard: dict[str, str], tmp_path: Path
) -> None:
    listening = Listening(heard, "--service", host.url, "--save", str(tmp_path / "out"))
    first = listening.line()
    code, last, errors = listening.end("\n")

    assert (code, len(first.split())) == (0, 10)
    assert errors.splitlines()[0].endswith("; ENTER or Ctrl-C stops")
    (kept,) = (tmp_path / "out").glob("*.json")
    assert [path.suffix for path in sorted((tmp_path / "out").iterdir())] == [".json", ".srt", ".txt"]
    transcript = json.loads(kept.read_text())
    assert [segment["text"] for segment in transcript["segments"]] == [first, *last.splitlines()]
    assert [segment["start_ms"] for segment in transcript["segments"]][:2] == [0, 5000]
    assert transcript["source"]["codec"] == "microphone"
    assert transcript["sessions"][0]["id"]


def test_the_microphone_is_heard_as_a_file_is(host: Host, heard: dict[str, str], tmp_path: Path) -> None:
    import azure.cognitiveservices.speech as speechsdk
    from sdk_client import continuous, write_wav

    audio = speechsdk.audio.AudioConfig(filename=write_wav(tmp_path / "same.wav", noise(PHRASE_S)))
    of_file = continuous(speechsdk.SpeechRecognizer(speechsdk.SpeechConfig(host=host.url), audio))
    listening = Listening(heard, "--service", host.url, "--device", NAME)

    assert listening.line() == of_file.texts[0]
    assert listening.end("\n")[0] == 0


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_cleanly(sent: signal.Signals, host: Host, heard: dict[str, str]) -> None:
    listening = Listening(heard, "--service", host.url, stdin=subprocess.DEVNULL)
    assert listening.line()
    listening.process.send_signal(sent)
    assert listening.end()[0] == 0


def test_a_single_utterance_ends_by_itself_with_its_translations(host: Host, heard: dict[str, str]) -> None:
    listening = Listening(heard, "--once", "--to", "de", "--to", "fr", "--service", host.url, stdin=subprocess.DEVNULL)
    code, said, _ = listening.end()
    text, german, french = said.splitlines()
    assert (code, len(text.split()), german[:6], french[:6]) == (0, 10, "  de: ", "  fr: ")


def test_the_language_that_was_identified_comes_as_json(host: Host, heard: dict[str, str]) -> None:
    languages = ("--language", "de-DE", "--language", "fr-FR")
    listening = Listening(heard, "--once", "--json", *languages, "--service", host.url, stdin=subprocess.DEVNULL)
    code, said, _ = listening.end()
    assert (code, json.loads(said)["language"]) == (0, "de-DE")


def test_the_embedded_host_is_started_without_being_asked(heard: dict[str, str]) -> None:
    listening = Listening(heard, "--once", "--set", "service.ear=scripted", stdin=subprocess.DEVNULL)
    code, said, errors = listening.end()
    assert (code, len(said.split())) == (0, 10)
    assert "listening (local with scripted)" in errors


def test_a_lost_service_is_tried_again_on_the_same_clock(heard: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "faults.yaml").write_text("rules: [{fault: close, code: 4429, after_phrases: 1, sessions: [1, 1]}]")
    with running_host(ear="scripted", faults=tmp_path / "faults.yaml") as ill:
        listening = Listening(heard, "--json", "--service", ill.url)
        first, second = json.loads(listening.line()), json.loads(listening.line())
        code, _, errors = listening.end("\n")
    assert (code, "lost the service, trying again in 1 s" in errors) == (0, True)
    # Our clock went on for a second, in which this microphone was heard for four.
    assert (first["start_ms"], second["start_ms"] > 1000) == (0, True)


def test_a_terminal_shows_the_guess_of_the_moment(host: Host, heard: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    listening = Listening(heard, "--service", host.url, stderr=theirs)
    os.close(theirs)
    assert listening.line()
    shown = _read(ours)
    assert listening.end("\n")[0] == 0
    os.close(ours)
    guesses = [guess for guess in re.split(r"[\r\n]+", shown) if guess.strip() and not guess.startswith("listening")]
    assert len(guesses) >= 2
    assert guesses[1].startswith(guesses[0].strip())


def _read(descriptor: int) -> str:
    shown, until = b"", time.monotonic() + 1
    while time.monotonic() < until:
        if select.select([descriptor], [], [], 0.1)[0]:
            shown += os.read(descriptor, 4096)
    return shown.decode()


@pytest.mark.parametrize("arguments", [(), ("--device", "nosuch"), ("--once",), ("--list-devices",)])
def test_a_machine_without_a_microphone_says_so(arguments: tuple[str, ...], host: Host, tmp_path: Path) -> None:
    environment = no_microphone(tmp_path)
    code, said, errors = Listening(environment, "--service", host.url, *arguments, stdin=subprocess.DEVNULL).end()
    assert (code, said) == (3, "")
    first, second = errors.splitlines()
    assert first.startswith("speech-pipeline: there is no microphone")
    assert second.startswith("speech-pipeline: ")


def test_microphones_are_listed_by_the_name_that_device_takes(heard: dict[str, str]) -> None:
    code, said, _ = Listening(heard, "--list-devices").end()
    assert (code, f"{NAME:<30} A pipe for a microphone" in said.splitlines()) == (0, True)


def test_a_service_that_refuses_ends_it(heard: dict[str, str], tmp_path: Path) -> None:
    with running_host(ear="scripted", key="right") as locked:
        listening = Listening(heard, "--service", locked.url, "--save", str(tmp_path / "out"), stdin=subprocess.DEVNULL)
        code, said, errors = listening.end()
    assert (code, said, "AuthenticationFailure" in errors) == (4, "", True)
    assert not (tmp_path / "out").exists()
