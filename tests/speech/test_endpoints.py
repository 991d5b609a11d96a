"""Which endpoint gets the next session, and how many at once."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pipeline.errors import AudioError, BadRequest, PipelineError, Refused, ServiceError, Throttled, Unreachable
from pipeline.speech.endpoints import EndpointPool, Lease
from pipeline.speech.service import Endpoint


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def cloud(name: str = "westeurope", sessions: int = 100) -> Endpoint:
    return Endpoint(name, local=False, max_sessions=sessions, upload_speed=2.0)


def taken(pool: EndpointPool) -> list[Lease]:
    leases = []
    while (lease := pool.acquire(0)) is not None:
        leases.append(lease)
    return leases


def round_of(pool: EndpointPool, error: PipelineError | None = None) -> int:
    """Use the whole allowance once; how large it was."""
    leases = taken(pool)
    for lease in leases:
        pool.release(lease, error)
    return len(leases)


def test_a_shared_service_is_approached_slowly_and_the_allowance_doubles_while_all_goes_well() -> None:
    pool = EndpointPool([cloud()], clock=Clock())
    assert [round_of(pool) for _ in range(6)] == [4, 8, 16, 32, 64, 100]


def test_what_is_new_doubles_as_soon_as_sessions_are_answered_and_their_ends_do_not_count_again() -> None:
    pool = EndpointPool([cloud()], clock=Clock())
    sizes: list[int] = []
    leases = taken(pool)
    while new := leases[sum(sizes) :]:
        sizes.append(len(new))
        for lease in (*new, *new):
            pool.answered(lease)
        leases += taken(pool)
    assert sizes == [4, 8, 16, 32, 40]
    for lease in leases:
        pool.release(lease)
    assert round_of(pool) == 100


def test_a_throttled_session_halves_what_answered_ones_gained() -> None:
    clock = Clock()
    pool = EndpointPool([cloud()], clock=clock)
    first = taken(pool)
    for lease in first:
        pool.answered(lease)
    second = taken(pool)
    assert (len(first), len(second)) == (4, 8)
    pool.release(second.pop(), Throttled("429"))
    for lease in (*first, *second):
        pool.release(lease)
    clock.now += 2
    assert round_of(pool) == 7  # six, and one for the round that went well


def test_a_local_host_gets_all_its_sessions_at_once() -> None:
    pool = EndpointPool([Endpoint("local", True, 6, 0.0)], clock=Clock())
    assert round_of(pool) == 6


def test_too_many_requests_halve_the_allowance_once_a_round_then_it_grows_by_one() -> None:
    clock = Clock()
    pool = EndpointPool([cloud()], clock=clock)
    for _ in range(3):
        round_of(pool)
    assert round_of(pool, Throttled("429")) == 32
    assert taken(pool) == []  # it rests first
    clock.now += 2
    sizes = [round_of(pool) for _ in range(4)]
    assert sizes[0] == 16
    assert sizes == sorted(sizes)
    assert sizes[-1] in (18, 19)


def test_an_endpoint_that_cannot_be_reached_rests_longer_each_time_and_is_probed_by_one_session() -> None:
    clock = Clock()
    pool = EndpointPool([cloud()], clock=clock, give_up_attempts=100)
    assert round_of(pool, Unreachable("refused")) == 4
    assert taken(pool) == []
    clock.now += 1.1
    assert round_of(pool, Unreachable("refused")) == 1
    clock.now += 1.1
    assert taken(pool) == []
    clock.now += 1
    assert round_of(pool) == 1
    assert round_of(pool) > 1


def test_a_refused_key_ends_its_endpoint_and_work_moves_to_the_other() -> None:
    pool = EndpointPool([cloud("a", 1), cloud("b", 1)], clock=Clock())
    first = pool.acquire(0)
    assert first is not None
    assert first.endpoint.name == "a"
    pool.release(first, Refused("401"))
    assert pool.dead is None
    assert [lease.endpoint.name for lease in taken(pool)] == ["b"]


def test_with_every_key_refused_the_pool_is_dead_and_says_why() -> None:
    pool = EndpointPool([cloud()], clock=Clock())
    refused = Refused("401")
    round_of(pool, refused)
    assert pool.dead is refused
    assert pool.acquire(0) is None


def test_an_endpoint_that_never_answered_is_given_up_after_the_attempts() -> None:
    clock = Clock()
    pool = EndpointPool([cloud()], clock=clock, give_up_attempts=5)
    for _ in range(6):
        assert pool.dead is None
        round_of(pool, Unreachable("refused"))
        clock.now += 60
    assert isinstance(pool.dead, Unreachable)


def test_a_service_that_is_ill_for_the_first_half_minute_is_waited_for() -> None:
    clock = Clock()
    pool = EndpointPool([cloud()], clock=clock)
    began = clock.now
    while clock.now < began + 30:
        round_of(pool, Unreachable("503"))
        clock.now += 0.5
    assert pool.dead is None


def test_an_endpoint_that_fails_fast_does_not_draw_all_the_work() -> None:
    pool = EndpointPool([cloud("broken", 8), cloud("sound", 8)], clock=Clock())
    given = []
    for _ in range(100):
        leases = [lease for lease in (pool.acquire(0), pool.acquire(0)) if lease]
        given += [lease.endpoint.name for lease in leases]
        for lease in leases:
            pool.release(lease, ServiceError("500") if lease.endpoint.name == "broken" else None)
    assert given.count("broken") == 3


def test_a_chunk_goes_elsewhere_after_a_failure_if_it_can() -> None:
    pool = EndpointPool([cloud("a", 1), cloud("b", 1)], clock=Clock())
    leases = [pool.acquire(0, avoid=("a",)), pool.acquire(0, avoid=("a",))]
    assert [lease.endpoint.name for lease in leases if lease] == ["b", "a"]


def test_failures_that_say_nothing_of_reaching_it_never_make_an_endpoint_dead_at_once() -> None:
    clock = Clock()
    pool = EndpointPool([cloud()], clock=clock, give_up_attempts=2, give_up_after_s=300)
    for _ in range(4):
        round_of(pool, ServiceError("500"))
        clock.now += 61
    assert pool.dead is None
    round_of(pool, ServiceError("500"))
    clock.now += 61
    round_of(pool, ServiceError("500"))
    assert isinstance(pool.dead, ServiceError)


def test_the_time_without_a_success_is_counted_from_the_first_failure() -> None:
    clock = Clock()
    pool = EndpointPool([cloud()], clock=clock, give_up_after_s=300)
    clock.now += 3600  # the recordings took an hour to convert
    round_of(pool, Throttled("429"))
    assert pool.dead is None
    clock.now += 301
    round_of(pool, Throttled("429"))
    assert isinstance(pool.dead, Throttled)


def test_an_endpoint_that_throttles_its_only_session_is_asked_less_and_less_often() -> None:
    clock = Clock()
    pool = EndpointPool([cloud(sessions=1)], clock=clock)
    asked = []
    for _ in range(600):
        if round_of(pool, Throttled("429")):
            asked.append(clock.now)
        clock.now += 0.5
    pauses = [round(after - before) for before, after in pairwise(asked)]
    assert pauses[:6] == [1, 2, 4, 8, 16, 32]
    assert max(pauses) <= 60


def test_an_endpoint_that_did_answer_is_probed_until_the_patience_ends() -> None:
    clock = Clock()
    pool = EndpointPool([cloud()], clock=clock, give_up_attempts=5, give_up_after_s=300)
    round_of(pool)
    for _ in range(4):
        round_of(pool, Unreachable("gone"))
        clock.now += 61
        assert pool.dead is None
    clock.now += 120
    round_of(pool, Unreachable("gone"))
    assert isinstance(pool.dead, Unreachable)


@pytest.mark.parametrize("error", [AudioError("bad audio"), BadRequest("no such language")])
def test_a_bad_recording_says_nothing_against_its_endpoint(error: PipelineError) -> None:
    pool = EndpointPool([cloud()], clock=Clock())
    assert [round_of(pool, error), round_of(pool)] == [4, 8]
