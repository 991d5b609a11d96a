"""What does a faults file say?

YAML, strict: every mistake is named with its place. docs/how-to/faults.md explains it by example.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pipeline.host import strict
from pipeline.host.strict import DurationMs, Strict
from pipeline.host.trouble import Fault, Faults, Outage, Rule


def load(path: Path) -> Faults:
    """Raises BadFile, OSError."""
    return strict.load(path, _File).faults()


def parse(text: str, name: str = "faults") -> Faults:
    """Raises BadFile."""
    return strict.parse(text, name, _File).faults()


def _chance(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?%", value.strip()):
        return float(value.strip()[:-1]) / 100
    return value


Chance = Annotated[float, BeforeValidator(_chance), Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class _Rule(Strict):
    chance: Chance = 1.0
    sessions: tuple[Count, ...] = ()
    first: Count | None = None
    every: Count | None = None
    path: str | None = None
    query: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)

    def fault_value(self) -> Fault:
        raise NotImplementedError

    def rule(self) -> Rule:
        return Rule(
            self.fault_value(),
            self.chance,
            frozenset(self.sessions),
            self.first,
            self.every,
            self.path,
            self.query,
            {name.lower(): pattern for name, pattern in self.headers.items()},
        )


class _Midstream(_Rule):
    after_audio: DurationMs = 0
    after_phrases: Annotated[int, Field(ge=0)] = 0


class _Status(_Rule):
    fault: Literal["status"]
    status: Annotated[int, Field(ge=200, le=599)]
    retry_after: Annotated[int, Field(ge=0)] | None = None

    def fault_value(self) -> Fault:
        return Fault("status", status=self.status, retry_after_s=self.retry_after)


class _Bare(_Rule):
    fault: Literal["hang", "reset"]

    def fault_value(self) -> Fault:
        return Fault(self.fault)


class _Plain(_Midstream):
    fault: Literal["silent", "drop", "malformed", "die"]

    def fault_value(self) -> Fault:
        return Fault(self.fault, after_audio_ms=self.after_audio, after_phrases=self.after_phrases)


class _Close(_Midstream):
    fault: Literal["close"]
    code: Annotated[int, Field(ge=1000, le=4999)] = 1011
    reason: Annotated[str, Field(max_length=120)] = ""

    def fault_value(self) -> Fault:
        return Fault(
            "close",
            code=self.code,
            reason=self.reason,
            after_audio_ms=self.after_audio,
            after_phrases=self.after_phrases,
        )


class _Phrase(_Midstream):
    fault: Literal["phrase"]
    status: Literal["TooManyRequests", "Forbidden", "BadRequest", "Error", "NoMatch"] = "Error"

    def fault_value(self) -> Fault:
        return Fault(
            "phrase",
            recognition_status=self.status,
            after_audio_ms=self.after_audio,
            after_phrases=self.after_phrases,
        )


class _Slow(_Rule):
    fault: Literal["slow"]
    delay: DurationMs

    def fault_value(self) -> Fault:
        return Fault("slow", delay_ms=self.delay)


class _Untranslated(_Rule):
    fault: Literal["untranslated"]
    targets: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)

    def fault_value(self) -> Fault:
        return Fault("untranslated", targets=frozenset(self.targets))


class _Outage(Strict):
    every: DurationMs
    lasts: DurationMs
    starts: DurationMs = 0
    answer: Annotated[int, Field(ge=400, le=599)] | Literal["reset"] = 503


_AnyRule = Annotated[_Status | _Bare | _Plain | _Close | _Phrase | _Slow | _Untranslated, Field(discriminator="fault")]


class _File(Strict):
    seed: int = 0
    rules: tuple[_AnyRule, ...] = ()
    outages: tuple[_Outage, ...] = ()
    die_after_sessions: Count | None = None
    max_sessions: Count | None = None

    def faults(self) -> Faults:
        outages = tuple(
            Outage(max(1, out.every), out.lasts, out.starts, None if out.answer == "reset" else out.answer)
            for out in self.outages
        )
        return Faults(
            tuple(rule.rule() for rule in self.rules), outages, self.seed, self.die_after_sessions, self.max_sessions
        )
