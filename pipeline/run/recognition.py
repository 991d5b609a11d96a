"""How does a clip become segments on the source's clock?

Cut into chunks at silences; each chunk comes from the checkpoint or from a session of the shared pool; each is held
against the speech that was heard in it, and tried once more where its text does not account for that speech.
"""

from __future__ import annotations

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
        several = len(clips) > 1
        # All are submitted before any is waited for: they share the pool with the chunks of other files.
        with self._reading():
            chunks = [self._chunks(clip) for clip in clips]
        waiting = [[(chunk, self._submit(chunk, several)) for chunk in of_clip] for of_clip in chunks]
        tried = [[(chunk, _result(future)) for chunk, future in of_clip] for of_clip in waiting]
        if sum(map(len, chunks)) > 1:
            give_back()
        whole = [_all(of_clip) for of_clip in tried]
        return [self._heard(clip, of_clip, several) for clip, of_clip in zip(clips, whole, strict=True)]

    def _chunks(self, clip: Clip) -> tuple[Chunk, ...]:
        if self._compressed:
            return (Chunk(clip, clip.lead_ms, clip.duration_ms),)
        return split(clip, self.settings.audio.split if self._splittable else WHOLE)

    def _heard(self, clip: Clip, tried: list[tuple[Chunk, Tried]], several: bool) -> Heard:
        # What the SDK decodes we never hear ourselves, so nothing can be held against its text.
        proving = self.prove and self._continuous and not self._compressed
        # Only speech that no text accounts for is looked for closely: the detector costs as much as the upload.
        covered = [
            (segment.start_ms, segment.end_ms)
            for _, one in tried
            for segment in one.result.segments
            if segment.text.strip()
        ]
        with self._reading():
            regions = speech_regions(clip.path, covered) if proving else []
        proved = [(chunk, self._proved(chunk, one, regions, several)) for chunk, one in tried]
        segments = sorted(
            (segment for _, one in proved for segment in one.result.segments),
            key=lambda segment: (segment.start_ms, segment.end_ms),
        )
        return Heard(
            segments=tuple(segments),
            sessions=tuple(_session(chunk, one) for chunk, one in proved),
            proof=coverage.prove(regions, segments, 0, clip.duration_ms) if proving else None,
            attempts=max(one.attempts for _, one in proved),
            faults=tuple(fault for _, one in proved for fault in one.faults),
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

    def _submit(self, chunk: Chunk, several: bool, *, again: bool = False) -> Future[Tried]:
        """What a session hears in a chunk, on the source's clock: at once where an earlier one was kept."""
        kept = None if again else self.ledger.chunk(self.sha256, self.settings.recognition_key, chunk)
        if kept is not None:
            self.heard(chunk.duration_ms)
            future: Future[Tried] = Future()
            future.set_result(_on_source_clock(Tried(kept.result, kept.endpoint, kept.attempts, ()), chunk, several))
            return future
        wanted = Wanted(self.settings.recognition, tuple(self.settings.translation.targets), self._compressed)
        meter = _Meter((lambda ms: None) if again else self.heard, chunk.duration_ms)
        return self.service.submit(
            Task(
                audio=lambda: self._wav(chunk),
                audio_ms=chunk.duration_ms,
                wanted=wanted,
                progress=meter.reached,
                keep=lambda tried: self._keep(chunk, tried, meter, several),
            )
        )

    def _keep(self, chunk: Chunk, tried: Tried, meter: _Meter, several: bool) -> Tried:
        self._save(chunk, tried)
        meter.reached(chunk.duration_ms)
        # Here, while the next chunks are heard, and not for all at the end: twice the words of ten hours is 15 MB.
        return _on_source_clock(tried, chunk, several)

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

    def _proved(self, chunk: Chunk, tried: Tried, regions: list[Region], several: bool) -> Tried:
        """The result, or a better one where the first does not account for the speech in it."""
        if not regions or _proof(chunk, tried, regions).verdict != "fail":
            return tried
        again = _result(self._submit(chunk, several, again=True))
        if isinstance(again, Interrupted):
            raise again
        if isinstance(again, PipelineError):
            return tried
        chosen = again
        if _proof(chunk, again, regions).covered_ms <= _proof(chunk, tried, regions).covered_ms:
            # The checkpoint holds the last answer; what is kept is the one that was chosen.
            chosen = tried
            segments = tuple(segment.later(-chunk.start_ms) for segment in tried.result.segments)
            self._save(chunk, replace(tried, result=replace(tried.result, segments=segments)))
        return replace(chosen, attempts=tried.attempts + again.attempts, faults=tried.faults + again.faults)

    def _save(self, chunk: Chunk, tried: Tried) -> None:
        kept = Kept(tried.result, tried.endpoint, tried.attempts)
        self.ledger.save_chunk(self.sha256, self.settings.recognition_key, chunk, kept)


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


def _on_source_clock(tried: Tried, chunk: Chunk, several: bool) -> Tried:
    """A chunk's own times begin at zero; the source's clock is the clip's."""
    channel = chunk.clip.channel
    alone = f"Channel {channel + 1}" if several else None
    segments = tuple(
        replace(segment.later(chunk.start_ms), channel=channel, speaker=segment.speaker or alone)
        for segment in tried.result.segments
    )
    return replace(tried, result=replace(tried.result, segments=segments))


def _proof(chunk: Chunk, tried: Tried, regions: list[Region]) -> Coverage:
    return coverage.prove(regions, tried.result.segments, chunk.start_ms, chunk.end_ms)


def _session(chunk: Chunk, tried: Tried) -> Session:
    return Session(tried.result.session_id, tried.endpoint, chunk.start_ms, chunk.end_ms, tried.attempts)
