"""Which endpoint gets the next session, and how many may it have at once?

Each endpoint has an allowance of concurrent sessions that follows what the service says: it doubles a round while
all goes well (slow start), then grows by one a round (additive increase), and is halved when the service says "too
many" (multiplicative decrease, as TCP does: RFC 5681). An endpoint that cannot be reached rests, then is probed with
one session. One whose key is refused gets no more. Recognition and translation share the allowance, as they share
the quota.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipeline.errors import PipelineError, Refused, ServiceError, Throttled, Unreachable
from pipeline.speech.service import Endpoint

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


class EndpointPool:
    """All endpoints of a run. Safe to use from many threads."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        *,
        give_up_after_s: float = 900.0,
        give_up_attempts: int = 5,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._clock = clock
        self._give_up_after_s = give_up_after_s
        self._give_up_attempts = give_up_attempts
        self._changed = threading.Condition()
        self._last_success = clock()
        self._healths = [_healthy(endpoint) for endpoint in endpoints]

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

    def acquire(self, timeout_s: float) -> Lease | None:
        """A lease on the least busy healthy endpoint; None when none came free in time."""
        deadline = self._clock() + timeout_s
        with self._changed:
            while True:
                now = self._clock()
                free = [health for health in self._healths if health.free(now)]
                if free:
                    health = min(free, key=lambda h: h.busy / h.endpoint.max_sessions)
                    health.busy += 1
                    return Lease(health.endpoint, now, health)
                if now >= deadline or all(health.dead for health in self._healths):
                    return None
                self._changed.wait(min(deadline - now, self._next_change(now)))

    def release(self, lease: Lease, error: PipelineError | None = None) -> None:
        """Give a lease back with what came of it: None for success."""
        with self._changed:
            health = lease.health
            health.busy -= 1
            if error is None or not isinstance(error, ServiceError):
                self._went_well(health)
            else:
                self._went_wrong(health, lease, error)
            self._changed.notify_all()

    def _next_change(self, now: float) -> float:
        waits = [health.rest_until - now for health in self._healths if health.rest_until > now]
        return max(0.01, min([*waits, 1.0]))

    def _went_well(self, health: Health) -> None:
        self._last_success = self._clock()
        health.successes += 1
        health.failures = 0
        health.rest_s = FIRST_REST_S
        slow_start = health.allowance < health.threshold
        grown = health.allowance + (1.0 if slow_start else 1.0 / health.allowance)
        health.allowance = min(float(health.endpoint.max_sessions), grown)

    def _went_wrong(self, health: Health, lease: Lease, error: PipelineError) -> None:
        now = self._clock()
        if isinstance(error, Refused):
            health.dead = error
        elif isinstance(error, Throttled):
            # Sessions that began before the last halving tell of the old allowance: one signal a round.
            if lease.taken_at > health.halved_at:
                health.allowance = health.threshold = max(1.0, health.allowance / 2)
                health.halved_at = now
            health.rest_until = max(health.rest_until, now + FIRST_REST_S)
        elif isinstance(error, Unreachable):
            self._unreachable(health, now, error)

    def _unreachable(self, health: Health, now: float, error: PipelineError) -> None:
        health.failures += 1
        if health.failures < ILL_AFTER:
            return
        health.rest_until = now + health.rest_s
        health.rest_s = min(LONGEST_REST_S, health.rest_s * 2)
        never_answered = health.successes == 0 and health.failures >= self._give_up_attempts
        if never_answered or now - self._last_success > self._give_up_after_s:
            health.dead = error


def _healthy(endpoint: Endpoint) -> Health:
    """A local host is ours alone and knows its own pace; a shared service is approached slowly."""
    most = float(endpoint.max_sessions)
    start = most if endpoint.local else min(most, float(SLOW_START))
    return Health(endpoint, allowance=start, threshold=most)


def blames_endpoint(error: PipelineError) -> bool:
    """Whether the fault says nothing about the chunk that met it: such a try does not count against the chunk."""
    return isinstance(error, (Throttled, Unreachable, Refused))
