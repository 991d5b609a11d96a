"""The real Speech SDK, the real host with Whisper, real translators: one session, recognition and every target."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.cognitiveservices.speech as speechsdk
import pytest
from host_process import Host, host_command, running_host
from sdk_client import Events, continuous, fast

from pipeline.host import models
from pipeline.host.translating import apertium

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "data" / "samples"
TOYS = ROOT / "data" / "translation" / "models"
OPUS_AND_ARGOS = f"{TOYS / 'opus-mt-en-de'},{TOYS / 'translate-en_fr-1_0.argosmodel'}"
ALL = OPUS_AND_ARGOS + (",apertium" if apertium.installed() else "")
CACHE = models.cache()  # before the tests' own takes its place

pytest.importorskip("ctranslate2")
pytest.importorskip("sentencepiece")
needs_whisper = pytest.mark.skipif(models.locate("base") is None, reason="the model base has not been fetched")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    env = {"SPEECH_PIPELINE_MODELS": str(CACHE)}
    with running_host(ear="whisper", translator=ALL, env=env) as running:
        yield running


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Any recording as the SDK wants it."""
    folder = tmp_path_factory.mktemp("wav")

    def made(source: Path) -> str:
        target = folder / f"{source.stem}.wav"
        command = ["ffmpeg", "-v", "error", "-y", "-i", str(source), "-ac", "1", "-ar", "16000", str(target)]
        subprocess.run(command, check=True)
        return str(target)

    return made


def translate(host: Host, path: str, source: str, *targets: str) -> Events:
    config = fast(speechsdk.translation.SpeechTranslationConfig(host=host.url))
    config.speech_recognition_language = source
    for target in targets:
        config.add_target_language(target)
    audio = speechsdk.audio.AudioConfig(filename=path)
    return continuous(speechsdk.translation.TranslationRecognizer(translation_config=config, audio_config=audio), 120)


def texts(events: Events, target: str) -> str:
    return " ".join(result.translations[target] for result in events.results if result.text)


@needs_whisper
def test_english_becomes_german_and_french_in_one_session(host: Host, wav: Any) -> None:
    events = translate(host, wav(SAMPLES / "weather.wav"), "en-US", "de", "fr")
    assert events.error is None
    assert "gone by lunchtime" in " ".join(events.texts)
    assert texts(events, "de").endswith(
        "Der Nebel wird bis Mittag verschwunden sein, und der Nachmittag wird warm und trocken."
    )
    assert texts(events, "fr").endswith("Le brouillard aura disparu à midi, et l'après-midi sera chaud et sec.")
    assert {result.reason for result in events.results if result.text} == {speechsdk.ResultReason.TranslatedSpeech}


@needs_whisper
def test_german_becomes_english_by_the_ear_and_french_by_way_of_it(host: Host, wav: Any) -> None:
    events = translate(host, wav(SAMPLES / "Grüße aus Köln.mp3"), "de-DE", "en", "fr")
    assert events.error is None
    assert "morgen" in " ".join(events.texts).lower()
    assert "morning" in texts(events, "en").lower()
    assert texts(events, "fr").strip()


@needs_whisper
@pytest.mark.skipif(not apertium.installed(), reason="Apertium is not installed")
def test_english_becomes_spanish_and_catalan_by_apertium(host: Host, wav: Any) -> None:
    events = translate(host, wav(SAMPLES / "studio.wav"), "en-US", "es", "ca")
    assert events.error is None
    assert "micrófonos" in texts(events, "es").lower()
    assert "micròfons" in texts(events, "ca").lower()


def test_a_pair_that_no_engine_has_is_refused_with_the_pairs_there_are(wav: Any) -> None:
    with running_host(translator=OPUS_AND_ARGOS) as scripted:
        error = translate(scripted, wav(SAMPLES / "weather.wav"), "en-US", "ja").error
    assert error.code == speechsdk.CancellationErrorCode.BadRequest
    assert "translation from en-US to ja is not supported; pairs: any-en en-de en-fr" in error.error_details


def test_a_model_that_breaks_leaves_the_recognised_text_and_says_so(tmp_path: Path, wav: Any) -> None:
    broken = tmp_path / "opus-mt-en-de"
    broken.mkdir()
    for file in (TOYS / "opus-mt-en-de").iterdir():
        (broken / file.name).write_bytes(b"broken" if file.name == "model.bin" else file.read_bytes())
    with running_host(translator=f"{broken},{TOYS / 'translate-en_fr-1_0.argosmodel'}") as half:
        events = translate(half, wav(SAMPLES / "weather.wav"), "en-US", "de", "fr")
    assert events.error is None
    assert events.texts != []
    assert [(sorted(result.translations), result.text != "") for result in events.results if result.text] == [
        (["fr"], True)
    ] * len(events.texts)
    assert all("cannot be loaded" in result.json for result in events.results if result.text)


def test_the_command_line_lists_every_engine_with_its_quality() -> None:
    command = host_command(parent_pid=None, list_languages=True, translator=OPUS_AND_ARGOS)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=ROOT)
    assert done.stdout.splitlines() == [
        "scripted hears: de en es fr",
        "translation:",
        "  any -> en  scripted (rough from close languages, poor from others)",
        "  en -> de  opus-mt-en-de (toy: knows some 300 sentences by heart)",
        "  en -> fr  translate-en_fr-1_0 (toy: knows some 300 sentences by heart)",
    ]
