"""A turn with an ear that is slower than the client."""

from __future__ import annotations

import asyncio

import numpy as np

from pipeline.host.hearing.ear import Ear, Finished, Hearing, Pcm, Request, Say, Silence
from pipeline.host.live import LiveTurn
from pipeline.host.messages import ServerMessage
from pipeline.host.service import Service
from pipeline.host.wanted import Wanted

HEADER = bytes.fromhex("52494646000000005741564566 6d74201000000001000100803e0000007d0000020010006461746100000000")


class _LateHearing(Hearing):
    """Says nothing until it is told to."""

    def __init__(self, say: Say):
        self.say = say
        self.fed = 0
        self.cancelled = False

    def feed(self, pcm: Pcm) -> None:
        self.fed += len(pcm)

    def end(self) -> None:
        self.say(Finished())

    def cancel(self) -> None:
        self.cancelled = True


class _LateEar(Ear):
    name = "late"
    translates_to_english = False
    diarizes = False

    def __init__(self) -> None:
        self.hearings: list[_LateHearing] = []

    def supports(self, language: str) -> bool:
        return True

    def languages(self) -> tuple[str, ...]:
        return ("en",)

    def open(self, request: Request, say: Say) -> Hearing:
        self.hearings.append(_LateHearing(say))
        return self.hearings[-1]

    def close(self) -> None:
        pass


def test_audio_is_taken_no_faster_than_an_ear_far_behind_can_hear_it() -> None:
    async def go() -> tuple[int, int]:
        ear = _LateEar()
        sent: list[ServerMessage] = []

        async def send(message: ServerMessage) -> None:
            sent.append(message)

        live = LiveTurn(Wanted("conversation", ("en-US",)), Service(ear), send, frozenset())
        await live.begin()
        (hearing,) = ear.hearings
        await live.take(HEADER)
        minute = np.zeros(16_000 * 60, np.int16).tobytes()

        async def upload() -> None:
            for _ in range(10):
                await live.take(minute)

        uploading = asyncio.create_task(upload())
        await asyncio.sleep(0.2)
        held_s = hearing.fed // 16_000
        hearing.say(Silence(300_000))
        await asyncio.wait_for(uploading, 5)
        live.cancel()
        assert hearing.cancelled
        return held_s, hearing.fed // 16_000

    assert asyncio.run(go()) == (360, 600)
