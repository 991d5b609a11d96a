"""Speech that the tests make themselves, and the real model where it has been fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.host import models
from pipeline.host.hearing.ear import Finished, Heard, Pcm, Phrase, Request
from pipeline.host.hearing.whisper import WhisperEar

Speak = Callable[..., Pcm]


class Listener:
    """Collects what a hearing says."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self._finished = threading.Event()

    def __call__(self, heard: Heard) -> None:
        self.heard.append(heard)
        if isinstance(heard, Finished):
            self._finished.set()

    def finals(self) -> list[Phrase]:
        return [heard for heard in self.heard if isinstance(heard, Phrase)]

    def finals_when_done(self) -> list[Phrase]:
        self.wait()
        return self.finals()

    def wait(self) -> list[Heard]:
        assert self._finished.wait(60), f"never finished; heard {self.heard}"
        return self.heard


def listen(ear: WhisperEar, pcm: Pcm, request: Request, block: int = 1600) -> Listener:
    listener = Listener()
    hearing = ear.open(request, listener)
    for at in range(0, len(pcm), block):
        hearing.feed(pcm[at : at + block])
    hearing.end()
    return listener


def decoded(path: Path) -> Pcm:
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", "16000", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, dtype=np.int16)


@pytest.fixture(scope="session")
def speak(tmp_path_factory: pytest.TempPathFactory) -> Speak:
    """A voice: English by flite, other languages by espeak-ng."""
    folder = tmp_path_factory.mktemp("spoken")

    def say(text: str, language: str = "en") -> Pcm:
        tool = "flite" if language == "en" else "espeak-ng"
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
        path = folder / f"{abs(hash((text, language)))}.wav"
        flite = ["flite", "-voice", "slt", "-t", text, "-o", str(path)]
        espeak = ["espeak-ng", "-v", language, "-s", "140", "-w", str(path), text]
        subprocess.run(flite if language == "en" else espeak, check=True)
        return decoded(path)

    return say


@pytest.fixture(scope="session")
def ear() -> Iterator[WhisperEar]:
    if models.locate("base") is None:
        pytest.skip("model base is not fetched: speech-pipeline model fetch")
    whisper = WhisperEar("base", workers=2)
    yield whisper
    whisper.close()


@pytest.fixture(scope="session")
def corpus() -> Path:
    default = Path(__file__).resolve().parents[3].parent / "shared" / "corpus"
    folder = Path(os.environ.get("SPEECH_CORPUS", default))
    if not (folder / "manifest.json").is_file():
        pytest.skip("no speech corpus: set SPEECH_CORPUS")
    return folder
