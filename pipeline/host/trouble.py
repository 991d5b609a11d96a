"""Which fault meets a session, and when does it strike?

Pure: session number, address, headers and the clock go in; the fault of that session comes out. The same rules with
the same seed give the n-th session the same fault in every run.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pipeline.host.wanted import Dialled

AT_UPGRADE = frozenset({"status", "hang", "reset"})
MIDSTREAM = frozenset({"silent", "drop", "close", "phrase", "malformed", "die"})
THROUGHOUT = frozenset({"slow", "untranslated"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; which fields matter depends on the kind."""

    kind: str
    status: int = 503
    retry_after_s: int | None = None
    after_audio_ms: int = 0
    after_phrases: int = 0
    code: int = 1011
    reason: str = ""
    recognition_status: str = "Error"
    delay_ms: int = 0
    targets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """Which sessions get a fault: every condition that is set must hold."""

    fault: Fault
    chance: float = 1.0
    sessions: frozenset[int] = frozenset()
    first: int | None = None
    every: int | None = None
    path: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def meets(self, number: int, at: Dialled, headers: Mapping[str, str], draw: float) -> bool:
        return (
            (not self.sessions or number in self.sessions)
            and (self.first is None or number <= self.first)
            and (self.every is None or number % self.every == 0)
            and (self.path is None or fnmatchcase(at.path, self.path))
            and all(fnmatchcase(at.one(name) or "", pattern) for name, pattern in self.query.items())
            and all(fnmatchcase(headers.get(name, ""), pattern) for name, pattern in self.headers.items())
            and draw < self.chance
        )


@dataclass(frozen=True, slots=True)
class Outage:
    """The whole host is gone for `lasts_ms` of every `every_ms`; `status` None: connections are reset."""

    every_ms: int
    lasts_ms: int
    starts_ms: int = 0
    status: int | None = 503

    def covers(self, now_ms: int) -> bool:
        return now_ms >= self.starts_ms and (now_ms - self.starts_ms) % self.every_ms < self.lasts_ms


@dataclass(frozen=True, slots=True)
class Faults:
    """A whole faults file."""

    rules: tuple[Rule, ...] = ()
    outages: tuple[Outage, ...] = ()
    seed: int = 0
    die_after_sessions: int | None = None
    max_sessions: int | None = None

    def draw(self, number: int, at: Dialled, headers: Mapping[str, str]) -> tuple[Fault, ...]:
        """The faults of the n-th session (from 1): the first rule that meets it, and every `slow` and `untranslated`
        rule that does."""
        met = [rule.fault for place, rule in enumerate(self.rules) if self._meets(place, rule, number, at, headers)]
        once = [fault for fault in met if fault.kind not in THROUGHOUT][:1]
        return (*once, *(fault for fault in met if fault.kind in THROUGHOUT))

    def _meets(self, place: int, rule: Rule, number: int, at: Dialled, headers: Mapping[str, str]) -> bool:
        draw = random.Random(f"{self.seed}/{number}/{place}").random()  # noqa: S311 - not a secret
        return rule.meets(number, at, headers, draw)

    def outage(self, now_ms: int) -> Outage | None:
        """The outage at a time since the host's start."""
        return next((outage for outage in self.outages if outage.covers(now_ms)), None)


CALM = Faults()


class Trouble:
    """The faults of one session, and whether the one in mid-stream has struck."""

    def __init__(self, faults: tuple[Fault, ...] = ()):
        self._waiting = next((fault for fault in faults if fault.kind in MIDSTREAM), None)
        self.upgrade = next((fault for fault in faults if fault.kind in AT_UPGRADE), None)
        self.delay_s = sum(fault.delay_ms for fault in faults if fault.kind == "slow") / 1000
        self.broken_targets = frozenset(
            target for fault in faults if fault.kind == "untranslated" for target in fault.targets
        )

    def strike(self, audio_ms: int, phrases: int) -> Fault | None:
        """The fault whose time has come, once; `audio_ms` and `phrases` count from the start of the session."""
        fault = self._waiting
        if fault is None or audio_ms < fault.after_audio_ms or phrases < fault.after_phrases:
            return None
        self._waiting = None
        return fault
