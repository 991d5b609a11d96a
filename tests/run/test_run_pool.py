"""When does which chunk get a session, and when another try? Real sessions of the real SDK at real hosts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from host_process import Host, running_host
from runs import faults_file, noise

from pipeline.config.schema import RecognitionSettings, ServiceSettings
from pipeline.errors import Interrupted, OutputError, Refused, SourceGone
from pipeline.run.pool import GaveUp, Retry, SessionPool, Task, Tried
from pipeline.speech.endpoints import EndpointPool
from pipeline.speech.request import Patience, Wanted
from pipeline.speech.service import local_endpoint

RETRY = Retry(attempts=3, first_ms=200, longest_ms=400)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with running_host() as running:
        yield running


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return noise(tmp_path_factory.mktemp("audio") / "a.wav", 1.0, seed=3)


class Pool:
    """A pool at one host; its sessions end with the test."""

    def __init__(self, url: str, sessions: int = 1):
        self.abort = threading.Event()
        endpoints = EndpointPool(
            [local_endpoint(url, ServiceSettings(), sessions)], first_rest_s=0.05, longest_rest_s=0.1
        )
        self.pool = SessionPool(endpoints, RETRY, Patience(1_000), self.abort)

    def __enter__(self) -> SessionPool:
        return self.pool

    def __exit__(self, *_: object) -> None:
        self.pool.close()


def task(wav: Path, audio_ms: int = 1_000, audio: AbstractContextManager[Path] | None = None, **hooks: object) -> Task:
    return Task(lambda: audio or nullcontext(wav), audio_ms, Wanted(RecognitionSettings()), **hooks)  # type: ignore[arg-type]


def noted(notes: list[Any], what: object = None) -> Callable[[Tried], Tried]:
    """A checkpoint that notes that it was called, or what it was given."""

    def keep(tried: Tried) -> Tried:
        notes.append(what or tried)
        return tried

    return keep


def test_a_chunk_is_kept_before_anyone_sees_its_result(host: Host, wav: Path) -> None:
    kept: list[Tried] = []
    with Pool(host.url) as pool:
        tried = pool.submit(task(wav, keep=noted(kept))).result(30)
    assert kept == [tried]
    assert (tried.attempts, tried.faults, tried.endpoint) == (1, (), "local")
    assert tried.result.segments


def test_the_longest_chunk_comes_first(host: Host, wav: Path) -> None:
    order: list[int] = []
    with Pool(host.url) as pool:
        lengths = (1_000, 3_000, 2_000, 4_000)
        futures = [pool.submit(task(wav, ms, keep=noted(order, ms))) for ms in (9_000, *lengths)]
        for future in futures:
            future.result(30)
    # The first had a session to itself before the others were there.
    assert order == [9_000, 4_000, 3_000, 2_000, 1_000]


def test_a_chunk_is_tried_as_often_as_asked_with_pauses_and_every_fault_is_told(tmp_path: Path, wav: Path) -> None:
    journal = tmp_path / "journal"
    faults = faults_file(tmp_path, "fault: phrase, status: BadRequest, query: {language: de-DE}", "fault: malformed")
    with running_host(faults=faults, record=journal) as ill, Pool(ill.url) as pool:
        began = time.monotonic()
        with pytest.raises(GaveUp) as caught:
            pool.submit(task(wav)).result(30)
    assert [fault.code for fault in caught.value.faults] == ["service-error"] * 3
    assert caught.value.last.retryable
    # Two pauses, of at least half of 0.2 s and of 0.4 s.
    assert time.monotonic() - began > 0.3
    upgrades = [line for line in journal.read_text().splitlines() if json.loads(line)["event"] == "upgrade"]
    assert len(upgrades) == 9, "three tries, of three connections each by the SDK"


def test_a_pause_costs_no_session(tmp_path: Path, wav: Path) -> None:
    faults = faults_file(tmp_path, "fault: malformed, sessions: [1, 2, 3]")
    order: list[str] = []
    with running_host(faults=faults) as ill, Pool(ill.url) as pool:
        first = pool.submit(task(wav, 9_000, keep=noted(order, "failed once")))
        others = [pool.submit(task(wav, keep=noted(order, "other"))) for _ in range(3)]
        assert first.result(30).attempts == 2
        assert [fault.code for fault in first.result().faults] == ["service-error"]
        for other in others:
            other.result(30)
    assert order[0] == "other"


def test_a_refused_key_ends_every_chunk_without_another_try(tmp_path: Path, wav: Path) -> None:
    with running_host(faults=faults_file(tmp_path, "fault: status, status: 401")) as ill, Pool(ill.url, 2) as pool:
        futures = [pool.submit(task(wav)) for _ in range(10)]
        errors = [future.exception(30) for future in futures]
        assert ill.health()["sessions"]["total"] <= 2
    assert all(isinstance(error, GaveUp) and isinstance(error.last, Refused) for error in errors)


@pytest.mark.parametrize(
    "fault", [OutputError("the disk is full", code="disk-full"), SourceGone("it changed", retryable=True)]
)
def test_what_the_service_cannot_mend_is_not_tried_again(host: Host, wav: Path, fault: Exception) -> None:
    def keep(tried: Tried) -> Tried:
        raise fault

    before = host.health()["sessions"]["total"]
    with Pool(host.url) as pool, pytest.raises(GaveUp) as caught:
        pool.submit(task(wav, keep=keep)).result(30)
    assert caught.value.last is fault
    assert host.health()["sessions"]["total"] == before + 1


def test_a_bug_reaches_whoever_waits_and_costs_no_session(host: Host, wav: Path) -> None:
    def keep(tried: Tried) -> Tried:
        raise ZeroDivisionError("a bug")

    with Pool(host.url) as pool:
        with pytest.raises(ZeroDivisionError):
            pool.submit(task(wav, keep=keep)).result(30)
        assert pool.submit(task(wav)).result(30).attempts == 1


def test_a_recording_that_vanished_is_an_error_and_no_hang(host: Host, tmp_path: Path) -> None:
    with Pool(host.url) as pool:
        error = pool.submit(task(tmp_path / "gone.wav")).exception(30)
    assert isinstance(error, GaveUp)
    assert error.code == "audio-undecodable"


def test_a_drained_pool_finishes_what_is_in_flight_and_begins_nothing(tmp_path: Path, wav: Path) -> None:
    faults = faults_file(tmp_path, "fault: slow, delay: 300ms")
    with running_host(faults=faults) as slow, Pool(slow.url) as pool:
        futures = [pool.submit(task(wav)) for _ in range(3)]
        while not slow.health()["sessions"]["total"]:
            time.sleep(0.02)
        pool.drain()
        assert futures[0].result(30).result.segments
        assert all(isinstance(future.exception(30), Interrupted) for future in futures[1:])
        assert isinstance(pool.submit(task(wav)).exception(30), Interrupted)


def test_an_abort_ends_what_is_in_flight(tmp_path: Path, wav: Path) -> None:
    with running_host(faults=faults_file(tmp_path, "fault: silent")) as deaf:
        made = Pool(deaf.url)
        with made as pool:
            future = pool.submit(task(wav, 600_000))
            while not deaf.health()["faults"]:
                time.sleep(0.02)
            made.abort.set()
            began = time.monotonic()
            assert isinstance(future.exception(30), Interrupted)
            assert time.monotonic() - began < 10


def test_the_pause_doubles_up_to_its_limit_with_jitter_over_its_upper_half() -> None:
    retry = Retry(first_ms=1_000, longest_ms=60_000)
    longest = [retry.pause_s(failures, lambda: 1.0) for failures in range(1, 9)]
    assert longest == [1, 2, 4, 8, 16, 32, 60, 60]
    assert [retry.pause_s(failures, lambda: 0.0) for failures in range(1, 4)] == [0.5, 1, 2]
    assert retry.pause_s(1_000_000) <= 60
    assert all(after >= before for before, after in pairwise(longest))
