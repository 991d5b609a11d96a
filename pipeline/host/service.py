"""What do all connections of one host share, and what has it done so far?"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pipeline.host.hearing.ear import Ear
from pipeline.host.journal import Journal
from pipeline.host.translating.translator import Translator
from pipeline.host.trouble import Faults


@dataclass
class Service:
    """The engines, and the counts that `/health` shows. Touched only by the event loop's thread."""

    ear: Ear
    translator: Translator | None = None
    key: str | None = None
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    started: float = field(default_factory=time.monotonic)
    sessions: int = 0
    open: int = 0
    turns: int = 0
    phrases: int = 0
    audio_ms: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)

    @property
    def now_ms(self) -> int:
        """Since the host's start."""
        return round((time.monotonic() - self.started) * 1000)

    def health(self) -> dict[str, Any]:
        translator = self.translator
        return {
            "status": "ok",
            "model": self.ear.name,
            "languages": list(self.ear.languages()),
            "translator": translator.name if translator else None,
            "pairs": [list(pair) for pair in translator.pairs()] if translator else [],
            "translates_to_english": self.ear.translates_to_english,
            "diarizes": self.ear.diarizes,
            "uptime_s": round(self.now_ms / 1000, 3),
            "cpu_s": round(time.process_time(), 3),
            "sessions": {"open": self.open, "total": self.sessions},
            "turns": self.turns,
            "phrases": self.phrases,
            "audio_ms": self.audio_ms,
            "refused": {str(status): count for status, count in sorted(self.refused.items())},
            "faults": dict(sorted(self.struck.items())),
        }
