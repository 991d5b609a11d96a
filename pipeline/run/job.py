"""What becomes of one source, from start to end?

The one door where a fault becomes a value: whatever is raised in here, an Outcome comes out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.audio.convert import Converted, convert
from pipeline.audio.scratch import Scratch
from pipeline.errors import Interrupted, LimitReached, PipelineError
from pipeline.files import sha256_of
from pipeline.run import coverage
from pipeline.run.ledger import Ledger
from pipeline.run.made_by import made_by
from pipeline.run.outputs import Wanted, Written, write_outputs
from pipeline.run.plan import Job
from pipeline.run.pool import GaveUp
from pipeline.run.recognition import Recognition
from pipeline.run.service import Service
from pipeline.run.steady import watched
from pipeline.run.twins import Twins
from pipeline.values import Done, Failed, Fault, Outcome, Recording, Segment, Skipped, Transcript
from pipeline.writers.transcript_json import parse

log = logging.getLogger(__name__)


MOST_FINDINGS = 100
CRASH_HINT = "convert it to another format by hand, or use --only and --force to try again"


class Budget:
    """Audio hours that may still be recognised in this run; shared by all jobs."""

    def __init__(self, audio_ms: int | None):
        self._left_ms = audio_ms
        self._lock = threading.Lock()

    def take(self, audio_ms: int) -> None:
        """Raises LimitReached where the recording does not fit any more."""
        with self._lock:
            if self._left_ms is None:
                return
            if self._left_ms <= 0 or audio_ms > self._left_ms:
                self._left_ms = 0
                raise LimitReached("the limit of audio hours is reached")
            self._left_ms -= audio_ms


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all jobs of a run share."""

    output: Path
    scratch: Scratch
    ledger: Ledger
    service: Service
    budget: Budget
    converting: threading.Semaphore
    abort: threading.Event
    twins: Twins
    prove: bool = True
    heard: Callable[[int], None] = field(default=lambda ms: None)
    """told how many milliseconds of audio were heard since it was last told"""
    learn: Callable[[Job, int], None] = field(default=lambda job, ms: None)
    """told a recording's length as soon as it is known"""


@dataclass(slots=True)
class Trail:
    """How far a job has come, for the outcome of one that fails."""

    stage: str = "convert"
    attempts: int = 0
    audio_ms: int = 0
    sha256: str = ""
    tried: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Worked:
    """An outcome with what the ledger must know of it."""

    outcome: Outcome
    sha256: str = ""
    transcript: Transcript | None = None


def run_job(job: Job, shop: Workshop) -> Worked:
    """Work on one source; never raises."""
    started = time.monotonic()
    trail = Trail()
    try:
        return _done(job, shop, trail, started)
    except Interrupted:
        return Worked(Skipped(job.source.name, "pending"))
    except LimitReached:
        return Worked(Skipped(job.source.name, "limit"))
    except GaveUp as error:
        trail.tried += [fault for fault in error.faults if fault not in trail.tried]
        fault = error.last.fault(trail.stage)
    except PipelineError as error:
        fault = error.fault(trail.stage)
    except Exception as error:
        # The only broad except of the project: one recording's bug must not cost the night's other recordings.
        log.exception("%s: unexpected error", job.source.name)
        fault = Fault("internal", trail.stage, f"{type(error).__name__}: {error}", False, "please report this")
    took_s = time.monotonic() - started
    attempts = max(trail.attempts, len(trail.tried), 1)
    outcome = Failed(job.source.name, fault, attempts, took_s, trail.audio_ms, tuple(trail.tried))
    return Worked(outcome, trail.sha256)


def crashed(job: Job, times: int) -> Worked:
    """The outcome of a source at which the process died `times` times, the last time with nothing else in flight."""
    fault = Fault("crashed", "recognise", f"the process died {times} times while this was worked on", False, CRASH_HINT)
    return Worked(Failed(job.source.name, fault, times))


def _done(job: Job, shop: Workshop, trail: Trail, started: float) -> Worked:
    transcript = _stored(job, shop)
    warnings: tuple[str, ...] = ()
    if transcript is None:
        with shop.scratch.room() as folder:
            transcript, warnings = _transcribed(job, shop, trail, folder)
    trail.stage = "write"
    trail.audio_ms = transcript.duration_ms
    settings = job.settings
    wanted = Wanted(settings.formats, settings.subtitles, settings.translation.bilingual, settings.translation.targets)
    written = write_outputs(shop.output, job.source.output, transcript, wanted)
    done = Done(
        source=job.source.name,
        audio_ms=transcript.duration_ms,
        took_s=time.monotonic() - started,
        attempts=max(1, trail.attempts),
        segments=len(transcript.segments),
        outputs=written.outputs,
        sha256=transcript.source.sha256,
        languages=transcript.languages,
        coverage=transcript.coverage.verdict if transcript.coverage else None,
        warnings=warnings + (transcript.coverage.notes if transcript.coverage else ()),
        details=_details(job, transcript, trail, written),
    )
    return Worked(done, transcript.source.sha256, transcript)


def _details(job: Job, transcript: Transcript, trail: Trail, written: Written) -> dict[str, object]:
    """What only some entries of the manifest have."""
    failed = sum(len(segment.untranslated) for segment in transcript.segments)
    found: dict[str, object] = {}
    if failed:
        found["untranslated_segments"] = failed
    if transcript.coverage is None and job.settings.audio.input == "compressed":
        found["unproved"] = "audio.input: compressed leaves no audio to hold the text against"
    if trail.tried:
        found["tried"] = [{"code": f.code, "stage": f.stage, "message": f.message} for f in trail.tried]
    if written.findings:
        # What the profile asks of the subtitles and words and times left no way to give.
        first = [
            {"track": track, "cue": finding.cue, "rule": finding.rule, "message": finding.message}
            for track, finding in written.findings[:MOST_FINDINGS]
        ]
        found["subtitle_findings"] = {"count": len(written.findings), "first": first}
    return found


def _stored(job: Job, shop: Workshop) -> Transcript | None:
    """The transcript of an earlier run, where it still is that of these bytes and settings."""
    known = job.known
    if known is None or known.status != "done" or known.recognition_key != job.settings.recognition_key:
        return None
    if not job.render_only and _sha256(job) != known.sha256:
        return None
    text = shop.ledger.transcript(job.source.name)
    return parse(text) if text else None


def _sha256(job: Job) -> str:
    try:
        return sha256_of(job.source.path)
    except OSError:
        return ""  # whatever is wrong with it, the conversion will say it better


def _transcribed(job: Job, shop: Workshop, trail: Trail, folder: Path) -> tuple[Transcript, tuple[str, ...]]:
    steady = watched(job.source)
    with shop.converting:
        if shop.abort.is_set():
            raise Interrupted("the run was stopped")
        converted = convert(job.source, job.settings.audio, folder, stop=shop.abort)
    trail.sha256 = converted.sha256
    trail.audio_ms = converted.media.duration_ms
    shop.learn(job, converted.media.duration_ms)
    in_place = any(clip.path == job.source.path for clip in converted.clips)
    check = steady if in_place else lambda: None
    recognition = Recognition(
        converted.sha256, job.settings, shop.ledger, shop.service, folder, shop.heard, shop.prove, check
    )
    with shop.twins.alone((converted.sha256, job.settings.recognition_key)):
        return _recognised(job, shop, trail, converted, recognition), converted.warnings


def _recognised(job: Job, shop: Workshop, trail: Trail, converted: Converted, recognition: Recognition) -> Transcript:
    twin = shop.ledger.twin(converted.sha256, job.settings.recognition_key)
    recording = Recording(job.source.name, converted.sha256, job.source.bytes, converted.media)
    if twin is not None and job.reason != "forced":
        shop.heard(converted.media.duration_ms)
        return replace(parse(twin), source=recording)
    shop.budget.take(converted.media.duration_ms)
    trail.stage = "recognise"
    heard = recognition.clips(converted.clips)
    trail.attempts = max(one.attempts for one in heard)
    trail.tried = [fault for one in heard for fault in one.faults]
    segments = sorted((s for one in heard for s in one.segments), key=lambda s: (s.start_ms, s.channel, s.end_ms))
    proofs = [one.proof for one in heard if one.proof is not None]
    return Transcript(
        source=recording,
        made_by=made_by(job.settings, shop.service.model),
        languages=_languages(job, segments),
        segments=tuple(segments),
        coverage=coverage.joined(proofs) if proofs else None,
        sessions=tuple(session for one in heard for session in one.sessions),
    )


def _languages(job: Job, segments: list[Segment]) -> tuple[str, ...]:
    """The languages that were heard; in silence, the one that was asked for."""
    found = dict.fromkeys(segment.language for segment in segments if segment.language)
    asked = job.settings.recognition
    return tuple(found) or (() if asked.languages else (asked.language,))
