"""How does one turn run: audio to the ear, what it heard to the client?"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable

from pipeline.host import interpret
from pipeline.host.hearing.ear import Finished, Heard, Hypothesis, Phrase, Request, Silence
from pipeline.host.messages import ServerMessage, Translations
from pipeline.host.pcm import Decoder
from pipeline.host.service import Service
from pipeline.host.turn import Turn
from pipeline.host.wanted import Wanted

# Audio the ear may be behind before the socket is read no further. The client keeps the rest, as it does with the
# service, so a slow model costs no memory here.
_MOST_UNHEARD_MS = 300_000

Send = Callable[[ServerMessage], Awaitable[None]]


class LiveTurn:
    """A turn on a connection. All methods belong to the event loop; only the ear calls from its own threads."""

    def __init__(self, wanted: Wanted, service: Service, send: Send, broken_targets: frozenset[str]):
        self._wanted = wanted
        self._service = service
        self._send = send
        self._broken = broken_targets
        self._turn = Turn(wanted, lambda: uuid.uuid4().hex)
        self._decoder = Decoder()
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._heard_ms = 0
        self._told = False
        self._progress = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._hearing = service.ear.open(self._request(), self._say)
        self._telling: asyncio.Task[None] | None = None

    async def begin(self) -> asyncio.Task[None]:
        """Tell the client that its turn has started, and from now on what is heard: the task that does so."""
        await self._say_all(self._turn.begin())
        self._telling = asyncio.create_task(self._tell())
        return self._telling

    def _request(self) -> Request:
        wanted = self._wanted
        return Request(
            languages=wanted.languages,
            identify_continuously=wanted.identify_continuously,
            phrases=wanted.phrases,
            word_times=wanted.word_times,
            diarize=wanted.diarize,
            translate_to_english=self._service.ear.translates_to_english
            and interpret.wants_english(wanted, self._service.translator),
            end_silence_ms=wanted.end_silence_ms,
            max_phrase_ms=wanted.max_phrase_ms,
            offset_ms=wanted.offset_ms,
            speaker_session=wanted.speaker_session,
        )

    def _say(self, heard: Heard) -> None:
        # The loop is closed when the host stops while a model still works: nobody is there to be told.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._heard.put_nowait, heard)

    async def take(self, data: bytes) -> int:
        """The next audio; empty ends it. Returns the milliseconds it held. Raises BadAudio."""
        if self._turn.ended:
            return 0
        before_ms = self._decoder.made_ms
        pcm = self._decoder.feed(data) if data else self._decoder.end()
        if len(pcm):
            self._hearing.feed(pcm)
        if not data:
            self._hearing.end()
        while self._decoder.made_ms - self._heard_ms > _MOST_UNHEARD_MS and not self._told:
            self._progress.clear()
            await self._progress.wait()
        return self._decoder.made_ms - before_ms

    def cancel(self) -> None:
        """The client is gone, or wants another turn."""
        self._hearing.cancel()
        if self._telling is not None:
            self._telling.cancel()

    async def _tell(self) -> None:
        try:
            while not self._turn.ended:
                heard = await self._heard.get()
                # A guess that something newer follows is no news.
                if isinstance(heard, Hypothesis) and not self._heard.empty():
                    continue
                await self._answer(heard)
            self._hearing.cancel()
        finally:
            self._told = True
            self._progress.set()

    async def _answer(self, heard: Heard) -> None:
        translations = await self._interpreted(heard)
        await self._say_all(self._turn.hear(heard, translations, self._decoder.end_ms))
        if isinstance(heard, (Phrase, Silence)):
            self._heard_ms = max(self._heard_ms, heard.end_ms)
            self._progress.set()
        elif isinstance(heard, Finished) and heard.error is not None:
            self._service.journal.note("ear.error", 0, error=heard.error)

    async def _interpreted(self, heard: Heard) -> Translations:
        if not self._wanted.targets or not isinstance(heard, (Phrase, Hypothesis)):
            return Translations()
        return await asyncio.to_thread(interpret.interpret, heard, self._wanted, self._service.translator, self._broken)

    async def _say_all(self, messages: list[ServerMessage]) -> None:
        for message in messages:
            await self._send(message)
