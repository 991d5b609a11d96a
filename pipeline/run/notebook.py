"""How is what was said live kept, in the files a recording would have?"""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from pipeline.config.schema import Config
from pipeline.run.live import Ready
from pipeline.run.made_by import made_by
from pipeline.run.outputs import Wanted, write_outputs
from pipeline.run.settings import job_settings
from pipeline.values import Media, Output, Recording, Segment, Session, Transcript

# What a crash may cost: the files are written again this often, and at the end.
SAVE_EVERY_S = 30.0


class Notebook:
    """Writes a live transcript below `folder` while it grows. The audio is not kept."""

    def __init__(self, folder: Path, config: Config, now: datetime):
        self._folder = folder
        self._settings = job_settings(config)
        self._stem = f"listen-{now:%Y%m%dT%H%M%S}"
        self._segments: list[Segment] = []
        self._ready: list[Ready] = []
        self._saved_at = time.monotonic()

    @property
    def empty(self) -> bool:
        return not self._segments

    def began(self, ready: Ready) -> None:
        self._ready.append(ready)

    def add(self, segment: Segment) -> None:
        """Raises OutputError where it is time to save and that fails."""
        self._segments.append(segment)
        if time.monotonic() - self._saved_at >= SAVE_EVERY_S:
            self.save()

    def save(self) -> tuple[Output, ...]:
        """Write all files, each whole or not at all. Raises OutputError."""
        self._saved_at = time.monotonic()
        settings = self._settings
        targets = settings.translation.targets
        wanted = Wanted(settings.formats, settings.subtitles, settings.translation.bilingual, targets)
        return write_outputs(self._folder, self._stem, self._transcript(), wanted).outputs

    def _transcript(self) -> Transcript:
        end_ms = max((segment.end_ms for segment in self._segments), default=0)
        asked = self._settings.recognition
        heard = tuple(dict.fromkeys(segment.language for segment in self._segments if segment.language))
        return Transcript(
            # There is no file that a hash or a size could tell of.
            source=Recording(self._stem, "", 0, Media("microphone", 16_000, 1, end_ms)),
            made_by=made_by(self._settings, self._ready[-1].model if self._ready else None),
            languages=heard or (() if asked.languages else (asked.language,)),
            segments=tuple(self._segments),
            sessions=tuple(self._sessions(end_ms)),
        )

    def _sessions(self, end_ms: int) -> list[Session]:
        ends = [ready.at_ms for ready in self._ready[1:]] + [end_ms]
        return [
            Session(ready.session_id, ready.endpoint, ready.at_ms, max(ready.at_ms, end), 1)
            for ready, end in zip(self._ready, ends, strict=True)
        ]
