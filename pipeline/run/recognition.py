"""How does a clip become segments on the source's clock?

Cut into chunks at silences; each chunk comes from the checkpoint or from a session of the shared pool; each is held
against the speech that was heard in it, and tried once more where its text does not account for that speech.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.audio.split import cut, split
from pipeline.audio.voice import speech_regions
from pipeline.config.schema import SplitSettings
from pipeline.errors import AudioError, Interrupted, PipelineError
from pipeline.run import coverage
from pipeline.run.allocator import give_back
from pipeline.run.coverage import Region
from pipeline.run.ledger import Kept, Ledger
from pipeline.run.pool import Task, Tried
from pipeline.run.service import Service
from pipeline.run.settings import JobSettings
from pipeline.speech.request import Wanted
from pipeline.values import Chunk, Clip, Coverage, Fault, Segment, Session

WHOLE = SplitSettings(longer_than=0)


@dataclass(frozen=True, slots=True)
class Heard:
    """One clip, recognised. `attempts` counts the sessions of the chunk that took most."""

    segments: tuple[Segment, ...]
    sessions: tuple[Session, ...]
    proof: Coverage | None
    attempts: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Recognition:
    """What the clips of one source share: which bytes, which settings, where results are kept."""

    sha256: str
    settings: JobSettings
    ledger: Ledger
    service: Service
    scratch: Path
    heard: Callable[[int], None]
    """told how many more milliseconds were heard"""
    prove: bool = True
    unchanged: Callable[[], None] = field(default=lambda: None)
    """raises SourceGone where the recording is read in place and is not what it was"""

    def clips(self, clips: Sequence[Clip]) -> list[Heard]:
        """Recognise all channels. Raises GaveUp for the first chunk that failed for good, once all have ended."""
        # All are submitted before any is waited for: they share the pool with the chunks of other files.
        with self._reading():
            chunks = [self._chunks(clip) for clip in clips]
        waiting = [[(chunk, self._submit(chunk)) for chunk in of_clip] for of_clip in chunks]
        ended = [(chunk, _result(future)) for of_clip in waiting for chunk, future in of_clip]
        del waiting
        tried = deque(_all(ended))
        del ended
        if len(tried) > 1:
            give_back()
        # Taken out as they are put on the source's clock: the words of ten hours are 15 MB, and once is enough.
        of_clips = [deque(tried.popleft() for _ in of_clip) for of_clip in chunks]
        return [self._heard(clip, one, several=len(clips) > 1) for clip, one in zip(clips, of_clips, strict=True)]

    def _chunks(self, clip: Clip) -> tuple[Chunk, ...]:
        if self._compressed:
            return (Chunk(clip, clip.lead_ms, clip.duration_ms),)
        return split(clip, self.settings.audio.split if self._splittable else WHOLE)

    def _heard(self, clip: Clip, tried: deque[tuple[Chunk, Tried]], several: bool) -> Heard:
        """The clip as a whole. `tried` is emptied."""
        # What the SDK decodes we never hear ourselves, so nothing can be held against its text.
        proving = self.prove and self._continuous and not self._compressed
        # Only speech that no text accounts for is looked for closely: the detector costs as much as the upload.
        covered = [
            (segment.start_ms + chunk.start_ms, segment.end_ms + chunk.start_ms)
            for chunk, one in tried
            for segment in one.result.segments
            if segment.text.strip()
        ]
        with self._reading():
            regions = speech_regions(clip.path, covered) if proving else []
        segments: list[Segment] = []
        sessions: list[Session] = []
        faults: list[Fault] = []
        while tried:
            chunk, result = self._proved(*tried.popleft(), regions)
            segments += _on_source_clock(result.result.segments, chunk, several)
            sessions.append(_session(chunk, result))
            faults += result.faults
        segments.sort(key=lambda segment: (segment.start_ms, segment.end_ms))
        return Heard(
            segments=tuple(segments),
            sessions=tuple(sessions),
            proof=coverage.prove(regions, segments, 0, clip.duration_ms) if proving else None,
            attempts=max(session.attempts for session in sessions),
            faults=tuple(faults),
        )

    @property
    def _continuous(self) -> bool:
        return self.settings.recognition.mode != "single_shot"

    @property
    def _compressed(self) -> bool:
        return self.settings.audio.input == "compressed"

    @property
    def _splittable(self) -> bool:
        """Speakers are told apart within a session only, so a recording with diarization stays whole."""
        return self._continuous and not self.settings.recognition.diarization

    def _submit(self, chunk: Chunk, *, again: bool = False) -> Future[Tried]:
        kept = None if again else self.ledger.chunk(self.sha256, self.settings.recognition_key, chunk)
        if kept is not None:
            self.heard(chunk.duration_ms)
            future: Future[Tried] = Future()
            future.set_result(Tried(kept.result, kept.endpoint, kept.attempts, ()))
            return future
        wanted = Wanted(self.settings.recognition, tuple(self.settings.translation.targets), self._compressed)
        meter = _Meter((lambda ms: None) if again else self.heard, chunk.duration_ms)
        return self.service.submit(
            Task(
                audio=lambda: self._wav(chunk),
                audio_ms=chunk.duration_ms,
                wanted=wanted,
                progress=meter.reached,
                keep=lambda tried: self._keep(chunk, tried, meter),
            )
        )

    def _keep(self, chunk: Chunk, tried: Tried, meter: _Meter) -> None:
        self._save(chunk, tried)
        meter.reached(chunk.duration_ms)

    @contextmanager
    def _wav(self, chunk: Chunk) -> Iterator[Path]:
        """The chunk as a WAV file for as long as a session needs it; a compressed recording as it is."""
        with self._reading():
            path = chunk.clip.path if self._compressed else cut(chunk, self.scratch)
            try:
                yield path
            finally:
                if path != chunk.clip.path:
                    path.unlink(missing_ok=True)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """What is read in here must still be what was hashed; that it is not explains whatever else went wrong."""
        try:
            yield
        except (AudioError, OSError, ValueError):
            self.unchanged()
            raise
        self.unchanged()

    def _proved(self, chunk: Chunk, tried: Tried, regions: list[Region]) -> tuple[Chunk, Tried]:
        """The result, or a better one where the first does not account for the speech in it."""
        if not regions or self._proof(chunk, tried, regions).verdict != "fail":
            return chunk, tried
        again = _result(self._submit(chunk, again=True))
        if isinstance(again, Interrupted):
            raise again
        if isinstance(again, PipelineError):
            return chunk, tried
        better = self._proof(chunk, again, regions).covered_ms > self._proof(chunk, tried, regions).covered_ms
        chosen = again if better else tried
        # The checkpoint holds the last answer; what is kept is the one that was chosen.
        self._save(chunk, chosen)
        return chunk, replace(chosen, attempts=tried.attempts + again.attempts, faults=tried.faults + again.faults)

    def _save(self, chunk: Chunk, tried: Tried) -> None:
        kept = Kept(tried.result, tried.endpoint, tried.attempts)
        self.ledger.save_chunk(self.sha256, self.settings.recognition_key, chunk, kept)

    def _proof(self, chunk: Chunk, tried: Tried, regions: list[Region]) -> Coverage:
        segments = list(_on_source_clock(tried.result.segments, chunk, False))
        return coverage.prove(regions, segments, chunk.start_ms, chunk.end_ms)


@dataclass(slots=True)
class _Meter:
    """Turns "reached" into "more": a retry begins at zero again, but the audio is counted once."""

    report: Callable[[int], None]
    most_ms: int
    reached_ms: int = field(default=0)

    def reached(self, ms: int) -> None:
        ms = min(ms, self.most_ms)
        if ms > self.reached_ms:
            self.report(ms - self.reached_ms)
            self.reached_ms = ms


def _result(future: Future[Tried]) -> Tried | PipelineError:
    try:
        return future.result()
    except PipelineError as error:
        return error


def _all(results: list[tuple[Chunk, Tried | PipelineError]]) -> list[tuple[Chunk, Tried]]:
    """Every result, or the first error; by now all chunks have ended, so what was recognised is kept."""
    done = []
    for chunk, result in results:
        if isinstance(result, PipelineError):
            raise result
        done.append((chunk, result))
    return done


def _on_source_clock(segments: tuple[Segment, ...], chunk: Chunk, several: bool) -> Iterator[Segment]:
    """A chunk's own times begin at zero; the source's clock is the clip's."""
    channel = chunk.clip.channel
    for segment in segments:
        speaker = segment.speaker or (f"Channel {channel + 1}" if several else None)
        yield replace(segment.later(chunk.start_ms), channel=channel, speaker=speaker)


def _session(chunk: Chunk, tried: Tried) -> Session:
    return Session(tried.result.session_id, tried.endpoint, chunk.start_ms, chunk.end_ms, tried.attempts)
