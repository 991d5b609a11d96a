"""How is the SDK's recogniser for this session made, wired and stopped?

The three recognisers of the SDK (speech, translation, conversation) differ in their names for the same things; here
they become one object with a queue of Events. This is the only module that touches SDK recognisers.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import azure.cognitiveservices.speech as sdk

from pipeline.errors import BadRequest
from pipeline.speech.events import Began, Cancelled, Event, Heard, Interim, NoMatch, Stopped
from pipeline.speech.faults import from_runtime_error
from pipeline.speech.request import Wanted
from pipeline.speech.results import segment, to_ms
from pipeline.speech.service import Endpoint, speech_config
from pipeline.speech.throttle import BUFFER_MARGIN_MS, throttle
from pipeline.values import Segment

# How long the SDK's own stop() waits for a service that no longer answers; its default is 10 s.
STOP_TIMEOUT_S = 2
STOP_TIMEOUT = "SPEECH-StopRecognitionTimeoutInSeconds"


class Recogniser:
    """One SDK recogniser on one audio input. `events` receives everything it says.

    Raises one of our errors where the SDK raises RuntimeError.
    """

    def __init__(
        self, endpoint: Endpoint, wanted: Wanted, audio: Any, audio_ms: int, stop_timeout_s: int = STOP_TIMEOUT_S
    ):
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._endpoint = endpoint
        self._wanted = wanted
        self._once: Any = None
        try:
            config = speech_config(endpoint, wanted.recognition, wanted.targets)
            for name, value in throttle(endpoint, audio_ms).items():
                config.set_property_by_name(name, value)
            config.set_property_by_name(STOP_TIMEOUT, str(stop_timeout_s))
            if self.single_shot:
                timeout_ms = str(audio_ms + BUFFER_MARGIN_MS)
                config.set_property_by_name("SPEECH-OneShotRecognition-OperationTimeoutMs", timeout_ms)
            self._recogniser = self._make(config, audio)
            self._phrases()
        except RuntimeError as error:
            raise from_runtime_error(error, endpoint.name) from error
        except ValueError as error:
            raise BadRequest(f"{endpoint.name}: the Speech SDK refused the settings: {error}") from error
        self._signals = self._connect()

    @property
    def single_shot(self) -> bool:
        return self._wanted.recognition.mode == "single_shot"

    @property
    def _conversation(self) -> bool:
        """Only one of the SDK's recognisers tells speakers apart, and it neither translates nor stops after one."""
        return self._wanted.recognition.diarization and not self._wanted.targets and not self.single_shot

    def start(self) -> None:
        """Begin to listen; returns at once."""
        try:
            if self.single_shot:
                self._once = self._recogniser.recognize_once_async()
            elif self._conversation:
                self._recogniser.start_transcribing_async().get()
            else:
                self._recogniser.start_continuous_recognition_async().get()
        except RuntimeError as error:
            self.close()
            raise from_runtime_error(error, self._endpoint.name) from error

    def renew_token(self) -> None:
        """Hand the recogniser the current authorization token, where tokens are used."""
        if self._endpoint.tokens is not None:
            token = self._endpoint.tokens.token()
            if self._recogniser.authorization_token != token:
                self._recogniser.authorization_token = token

    def stop(self, *, wait: bool = True) -> None:
        """Ask for the end: what is on its way still arrives. Waits for the session to stop, unless told not to."""
        if not wait:
            self._hurry()
        # A session that failed answers stop with a RuntimeError of its own; it is over either way.
        with suppress(RuntimeError):
            if self._conversation:
                self._recogniser.stop_transcribing_async().get()
            else:
                self._recogniser.stop_continuous_recognition_async().get()

    def close(self) -> None:
        """Stop listening to it and let it go. A recogniser alive at exit aborts the process."""
        for signal in self._signals:
            signal.disconnect_all()
        if self._once is not None:
            with suppress(RuntimeError):
                self._once.get()
            self._once = None
        # Letting go of a session that failed takes as long as its stop would (2 s, measured), for nothing.
        self._hurry()
        del self._recogniser

    def _hurry(self) -> None:
        self._recogniser.properties.set_property_by_name(STOP_TIMEOUT, "0")

    def _make(self, config: Any, audio: Any) -> Any:
        options: dict[str, Any] = {"audio_config": audio}
        languages = self._wanted.recognition.languages
        if languages:
            options["auto_detect_source_language_config"] = sdk.languageconfig.AutoDetectSourceLanguageConfig(
                languages=list(languages)
            )
        if self._wanted.targets:
            return sdk.translation.TranslationRecognizer(translation_config=config, **options)
        if self._conversation:
            return sdk.transcription.ConversationTranscriber(speech_config=config, **options)
        return sdk.SpeechRecognizer(speech_config=config, **options)

    def _phrases(self) -> None:
        recognition = self._wanted.recognition
        if recognition.phrases:
            grammar = sdk.PhraseListGrammar.from_recognizer(self._recogniser)
            for phrase in recognition.phrases:
                grammar.addPhrase(phrase)
            if recognition.phrases_weight != 1.0:
                grammar.setWeight(recognition.phrases_weight)

    def _connect(self) -> list[Any]:
        recogniser = self._recogniser
        conversation = isinstance(recogniser, sdk.transcription.ConversationTranscriber)
        interim = recogniser.transcribing if conversation else recogniser.recognizing
        final = recogniser.transcribed if conversation else recogniser.recognized
        hooks: list[tuple[Any, Callable[[Any], Event]]] = [
            (recogniser.session_started, lambda event: Began(event.session_id)),
            (recogniser.session_stopped, lambda event: Stopped()),
            (interim, lambda event: Interim(self._segment(event.result))),
            (final, self._final),
            (recogniser.canceled, _cancelled),
        ]
        for signal, translate in hooks:
            signal.connect(lambda event, translate=translate: self._put(translate, event))
        return [signal for signal, _ in hooks]

    def _put(self, translate: Callable[[Any], Event], event: Any) -> None:
        # An exception in a callback is printed and lost by ctypes: the phrase would be missing without a sign.
        try:
            self.events.put(translate(event))
        except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            self.events.put(Cancelled(True, "ServiceError", f"a result cannot be read: {error!r}"))

    def _final(self, event: Any) -> Event:
        result = event.result
        if result.reason == sdk.ResultReason.NoMatch:
            reason = sdk.NoMatchDetails(result).reason.name
            return NoMatch(to_ms(result.offset + result.duration), reason)
        if not result.text.strip():
            return NoMatch(to_ms(result.offset + result.duration), "Empty")
        return Heard(self._segment(result))

    def _segment(self, result: Any) -> Segment:
        return segment(
            result.json,
            result.offset,
            result.duration,
            text=result.text,
            language=self._language(result),
            speaker=getattr(result, "speaker_id", None),
            translations=getattr(result, "translations", None),
            targets=self._wanted.targets,
        )

    def _language(self, result: Any) -> str | None:
        recognition = self._wanted.recognition
        if not recognition.languages:
            return recognition.language
        name = sdk.PropertyId.SpeechServiceConnection_AutoDetectSourceLanguageResult
        return result.properties.get(name) or None


def _cancelled(event: Any) -> Event:
    details = event.cancellation_details
    error = details.reason == sdk.CancellationReason.Error
    return Cancelled(error, details.code.name, details.error_details or "")
