"""What happens on one connection, from its first message to its end?"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from pipeline.host import admission, frames, messages
from pipeline.host.frames import BadFrame
from pipeline.host.live import LiveTurn
from pipeline.host.messages import Audio, ServerMessage, SpeechConfig, SpeechContext, SpeechPhrase
from pipeline.host.riff import BadAudio
from pipeline.host.service import Service
from pipeline.host.trouble import Fault, Trouble
from pipeline.host.wanted import Dialled, wanted

_LOG = logging.getLogger(__name__)

BAD_REQUEST = 1007
_LONGEST_REASON_BYTES = 123
EXIT_DIED = 70


class Connection:
    def __init__(self, socket: ServerConnection, number: int, at: Dialled, service: Service, trouble: Trouble):
        self._socket = socket
        self._number = number
        self._at = at
        self._service = service
        self._trouble = trouble
        self._request_id = ""
        self._live: LiveTurn | None = None
        self._audio_ms = 0
        self._phrases = 0
        self._mute = False

    async def serve(self) -> None:
        """Returns when the client has gone or was sent away."""
        try:
            async for data in self._socket:
                await self._receive(data)
        except (BadFrame, BadAudio) as bad:
            await self.refuse(str(bad))
        except ConnectionClosed:
            pass
        finally:
            if self._live is not None:
                self._live.cancel()
            self._note("closed", audio_ms=self._audio_ms, phrases=self._phrases)

    async def refuse(self, reason: str) -> None:
        """Close as the service does for what it cannot serve: the client does not try again."""
        self._note("refused", reason=reason)
        self._service.refused[BAD_REQUEST] += 1
        await self._socket.close(BAD_REQUEST, _shortened(reason))

    async def _receive(self, data: str | bytes) -> None:
        message = messages.read(data)
        if isinstance(message, Audio):
            await self._hear(message)
        elif isinstance(message, SpeechContext):
            await self._open(message)
        elif isinstance(message, SpeechConfig):
            self._note("speech.config", content=message.content)

    async def _open(self, context: SpeechContext) -> None:
        self._note("speech.context", request=context.request_id, content=context.content)
        if self._live is not None:
            self._live.cancel()
            self._live = None
        asked = wanted(self._at, context.content)
        reason = admission.unserved(asked, self._service.ear, self._service.translator)
        if reason:
            await self.refuse(reason)
            return
        self._request_id = context.request_id
        self._service.turns += 1
        self._live = LiveTurn(asked, self._service, self._send, self._trouble.broken_targets)
        telling = await self._live.begin()
        telling.add_done_callback(self._told)

    def _told(self, telling: asyncio.Task[None]) -> None:
        """A turn that failed in here must not leave its client waiting: without a socket it tries again."""
        error = None if telling.cancelled() else telling.exception()
        if error is not None:
            _LOG.error("a turn of session %d failed", self._number, exc_info=error)
            self._note("failed", error=f"{type(error).__name__}: {error}")
            self._socket.transport.abort()

    async def _hear(self, audio: Audio) -> None:
        # Audio of a turn that is over still arrives for a while.
        if self._live is None or audio.request_id != self._request_id:
            return
        heard_ms = await self._live.take(audio.data)
        self._audio_ms += heard_ms
        self._service.audio_ms += heard_ms
        await self._strike()

    async def _send(self, message: ServerMessage) -> None:
        if self._mute:
            return
        if self._trouble.delay_s:
            await asyncio.sleep(self._trouble.delay_s)
        try:
            await self._socket.send(messages.write(message, self._request_id))
        except ConnectionClosed:
            self._mute = True
            return
        if message.path in ("speech.phrase", "translation.response", "translation.phrase"):
            self._phrases += _is_final(message)
            self._service.phrases += _is_final(message)
            await self._strike()

    async def _strike(self) -> None:
        fault = self._trouble.strike(self._audio_ms, self._phrases)
        if fault is None:
            return
        self._mute = True
        self._service.struck[fault.kind] += 1
        self._note("fault", kind=fault.kind)
        if fault.kind == "drop":
            self._socket.transport.abort()
        elif fault.kind == "close":
            await self._socket.close(fault.code, fault.reason)
        elif fault.kind == "die":
            os._exit(EXIT_DIED)
        elif fault.kind in ("phrase", "malformed"):
            await self._socket.send(self._broken_phrase(fault))

    def _broken_phrase(self, fault: Fault) -> str:
        if fault.kind == "malformed":
            return frames.raw_text("speech.phrase", self._request_id, '{"RecognitionStatus":"Succ')
        return messages.write(SpeechPhrase("", fault.recognition_status, 0, 0), self._request_id)

    def _note(self, event: str, **facts: Any) -> None:
        self._service.journal.note(event, self._number, **facts)


def _is_final(message: ServerMessage) -> bool:
    body: Mapping[str, Any] = message.body()
    spoken = body.get("SpeechPhrase", body)
    return bool(spoken.get("RecognitionStatus") == "Success")


def _shortened(reason: str) -> str:
    """A close frame has room for 123 bytes."""
    return reason.encode(errors="replace")[:_LONGEST_REASON_BYTES].decode(errors="ignore")
