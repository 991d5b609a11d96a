"""What is the least program that recognises files with the Speech SDK?

    python benchmarks/bare.py ws://host:port FOLDER [--at-once 8] [--one-by-one]

Threads in one process, one session a file, the throttle lifted, results counted and thrown away: the limit that a
runner on the SDK is measured against. `--one-by-one` is the SDK's documentation sample instead: one file after
another, the default throttle, a loop that sleeps half a second until a flag is set.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import azure.cognitiveservices.speech as sdk

MARGIN_MS = 60_000
POLL_S = 0.5


def recogniser(host: str, path: Path) -> sdk.SpeechRecognizer:
    config = sdk.SpeechConfig(host=host)
    config.speech_recognition_language = "en-US"
    config.request_word_level_timestamps()
    return config, sdk.audio.AudioConfig(filename=str(path))


def bare(host: str, path: Path) -> int:
    """One file as fast as it is taken; how many final results came."""
    config, audio = recogniser(host, path)
    with wave.open(str(path), "rb") as file:
        length_ms = file.getnframes() * 1000 // file.getframerate()
    config.set_property_by_name("SPEECH-MaxBufferSizeMs", str(length_ms + MARGIN_MS))
    config.set_property_by_name("SPEECH-TransmitLengthBeforeThrottleMs", str(length_ms + MARGIN_MS))
    config.set_property_by_name("SPEECH-AudioThrottleAsPercentageOfRealTime", "100000")
    client = sdk.SpeechRecognizer(speech_config=config, audio_config=audio)
    texts: list[str] = []
    stopped = threading.Event()
    client.recognized.connect(lambda event: texts.append(event.result.text))
    client.session_stopped.connect(lambda event: stopped.set())
    client.start_continuous_recognition_async().get()
    stopped.wait()
    for signal in (client.recognized, client.session_stopped):
        signal.disconnect_all()
    return len(texts)


def documented(host: str, path: Path) -> int:
    """One file as the documentation's sample for continuous recognition does it."""
    config, audio = recogniser(host, path)
    client = sdk.SpeechRecognizer(speech_config=config, audio_config=audio)
    texts: list[str] = []
    done = False

    def stop(event: object) -> None:
        nonlocal done
        done = True

    client.recognized.connect(lambda event: texts.append(event.result.text))
    client.session_stopped.connect(stop)
    client.canceled.connect(stop)
    client.start_continuous_recognition()
    while not done:
        time.sleep(POLL_S)
    client.stop_continuous_recognition()
    return len(texts)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--one-by-one", action="store_true")
    parser.add_argument("--first", type=int, default=sys.maxsize)
    asked = parser.parse_args()
    files = sorted(asked.folder.glob("*.wav"))[: asked.first]
    if asked.one_by_one:
        found = [documented(asked.host, path) for path in files]
    else:
        with ThreadPoolExecutor(asked.at_once) as pool:
            found = list(pool.map(lambda path: bare(asked.host, path), files))
    print(len(files), "files", sum(found), "results")
    if not all(found):
        sys.exit("some files gave no result")


if __name__ == "__main__":
    main()
