"""Which endpoint gets the next session, and how many may it have at once?

Each endpoint has an allowance of concurrent sessions that follows what the service says: it doubles a round while
all goes well (slow start), then grows by one a round (additive increase), and is halved when the service says "too
many" (multiplicative decrease, as TCP does: RFC 5681). An endpoint at which session after session fails rests, then
is probed with one session; or else a broken one, since it fails fast, would always be the least busy and be given all
the work. One whose key is refused gets no more. Recognition and translation share the allowance, as they share the
quota.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from pipeline.errors import BadRequest, PipelineError, Refused, ServiceError, Throttled, Unreachable
from pipeline.speech.service import Endpoint

log = logging.getLogger(__name__)

SLOW_START = 4
ILL_AFTER = 3
FIRST_REST_S = 1.0
LONGEST_REST_S = 60.0


@dataclass(slots=True)
class Health:
    """What is known of one endpoint now."""

    endpoint: Endpoint
    allowance: float
    threshold: float
    busy: int = 0
    failures: int = 0
    successes: int = 0
    rest_until: float = 0.0
    rest_s: float = FIRST_REST_S
    unanswered: int = 0
    halved_at: float = float("-inf")
    dead: PipelineError | None = None

    @property
    def probing(self) -> bool:
        return self.failures >= ILL_AFTER

    def free(self, now: float) -> bool:
        if self.dead is not None or now < self.rest_until:
            return False
        return self.busy < (1 if self.probing else int(self.allowance))


@dataclass(slots=True)
class Lease:
    """The right to run one session on an endpoint; give it back with `EndpointPool.release`."""

    endpoint: Endpoint
    taken_at: float
    health: Health = field(repr=False)
    answered: bool = False


class EndpointPool:
    """All endpoints of a run. Safe to use from many threads."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        *,
        give_up_after_s: float = 900.0,
        give_up_attempts: int = 5,
        first_rest_s: float = FIRST_REST_S,
        longest_rest_s: float = LONGEST_REST_S,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._clock = clock
        self._give_up_after_s = give_up_after_s
        self._give_up_attempts = give_up_attempts
        self._first_rest_s = first_rest_s
        self._longest_rest_s = longest_rest_s
        self._changed = threading.Condition()
        self._failing_since: float | None = None
        self._healths = [_healthy(endpoint, first_rest_s) for endpoint in endpoints]

    @property
    def capacity(self) -> int:
        """The most sessions that could ever run at once."""
        return sum(health.endpoint.max_sessions for health in self._healths)

    @property
    def dead(self) -> PipelineError | None:
        """Why no endpoint will ever answer again in this run, or None while one may."""
        with self._changed:
            causes = [health.dead for health in self._healths]
            return causes[0] if causes and all(causes) else None

    def acquire(self, timeout_s: float, avoid: Collection[str] = ()) -> Lease | None:
        """A lease on the least busy healthy endpoint; None when none came free in time.

        Endpoints named in `avoid`, such as those that failed on this chunk before, are taken only if no other is free.
        """
        deadline = self._clock() + timeout_s
        with self._changed:
            while True:
                now = self._clock()
                free = [health for health in self._healths if health.free(now)]
                if free:
                    health = min(free, key=lambda h: (h.endpoint.name in avoid, h.busy / h.endpoint.max_sessions))
                    health.busy += 1
                    return Lease(health.endpoint, now, health)
                if now >= deadline or all(health.dead for health in self._healths):
                    return None
                self._changed.wait(min(deadline - now, self._next_change(now)))

    def answered(self, lease: Lease) -> None:
        """The service has begun to answer this session, so its quota has room: others may come beside it.

        It counts sessions as they connect. To wait for their ends would make a ramp to a hundred sessions last as
        long as five recordings. While all goes well each brings two more, so that what is new doubles a round.
        """
        if lease.answered:
            return
        with self._changed:
            lease.answered = True
            self._grow(lease.health, 2.0)
            self._changed.notify_all()

    def release(self, lease: Lease, error: PipelineError | None = None) -> None:
        """Give a lease back with what came of it: None for success."""
        with self._changed:
            health = lease.health
            health.busy -= 1
            # A bad request was answered: it says nothing against the endpoint.
            if not isinstance(error, ServiceError) or isinstance(error, BadRequest):
                self._went_well(health, lease)
            else:
                self._went_wrong(health, lease, error)
            self._changed.notify_all()

    def _next_change(self, now: float) -> float:
        waits = [health.rest_until - now for health in self._healths if health.rest_until > now]
        return max(0.01, min([*waits, 1.0]))

    def _went_well(self, health: Health, lease: Lease) -> None:
        self._failing_since = None
        health.successes += 1
        health.failures = health.unanswered = 0
        health.rest_s = self._first_rest_s
        if not lease.answered:
            self._grow(health)

    def _grow(self, health: Health, at_first: float = 1.0) -> None:
        slow_start = health.allowance < health.threshold
        grown = health.allowance + (at_first if slow_start else 1.0 / health.allowance)
        health.allowance = min(float(health.endpoint.max_sessions), grown)

    def _went_wrong(self, health: Health, lease: Lease, error: ServiceError) -> None:
        now = self._clock()
        if self._failing_since is None:
            self._failing_since = now
        if isinstance(error, Refused):
            health.dead = error
        elif isinstance(error, Throttled):
            self._throttled(health, lease, now, error)
        else:
            health.failures += 1
            if health.failures >= ILL_AFTER:
                self._rest(health, now, error)
        never_answered = health.successes == 0 and health.unanswered > self._give_up_attempts
        if never_answered or now - self._failing_since > self._give_up_after_s:
            health.dead = error

    def _throttled(self, health: Health, lease: Lease, now: float, error: ServiceError) -> None:
        # Sessions that began before the last halving tell of the old allowance: one signal a round.
        if lease.taken_at <= health.halved_at:
            return
        if health.allowance > 1:
            health.rest_until = max(health.rest_until, now + self._first_rest_s)
        else:
            self._rest(health, now, error)
        health.allowance = health.threshold = max(1.0, health.allowance / 2)
        health.halved_at = now

    def _rest(self, health: Health, now: float, error: ServiceError) -> None:
        """Leave it alone for a while; longer each time."""
        if now < health.rest_until:
            return  # sessions that were under way when the rest began
        log.warning("%s: %s; not asked again for %.1f s", health.endpoint.name, error.code, health.rest_s)
        health.rest_until = now + health.rest_s
        health.rest_s = min(self._longest_rest_s, health.rest_s * 2)
        health.unanswered = health.unanswered + 1 if isinstance(error, Unreachable) else 0


def _healthy(endpoint: Endpoint, rest_s: float) -> Health:
    """A local host is ours alone and knows its own pace; a shared service is approached slowly."""
    most = float(endpoint.max_sessions)
    start = most if endpoint.local else min(most, float(SLOW_START))
    return Health(endpoint, allowance=start, threshold=most, rest_s=rest_s)


def blames_endpoint(error: PipelineError) -> bool:
    """Whether the fault says nothing about the chunk that met it: such a try does not count against the chunk."""
    return isinstance(error, (Throttled, Unreachable, Refused))
