"""What is a writer told, and what is a track?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipeline.config.schema import SubtitleSettings
from pipeline.subtitles.bilingual import bilingual_cues, bilingual_profile
from pipeline.subtitles.cue import Cue
from pipeline.subtitles.cues import cues
from pipeline.subtitles.profiles import Profile, primary, profile_for
from pipeline.values import Transcript


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """`target` None is what was said, else its translation; `bilingual` shows both in one subtitle."""

    subtitles: SubtitleSettings = field(default_factory=SubtitleSettings)
    target: str | None = None
    bilingual: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """The cues of one subtitle, and the profile of the language that they were built to."""

    cues: tuple[Cue, ...]
    profile: Profile
    language: str
    title: str = ""


Render = Callable[[Transcript, RenderSettings], str]
RenderTrack = Callable[[Track], str]


@dataclass(frozen=True, slots=True)
class Writer:
    """One format. A subtitle format renders a track, another format the transcript, a large one also in `pieces`;
    `per_target` has a file for each translation."""

    suffix: str
    whole: Render | None = None
    track: RenderTrack | None = None
    per_target: bool = True
    pieces: Callable[[Transcript], Iterable[str]] | None = None

    def render(self, transcript: Transcript, settings: RenderSettings) -> str:
        if self.whole is not None:
            return self.whole(transcript, settings)
        assert self.track is not None
        return self.track(track_of(transcript, settings))


def source_language(transcript: Transcript) -> str:
    """The language most of the transcript is in, as the service names it."""
    told = [segment.language for segment in transcript.segments if segment.language]
    if told:
        return max(dict.fromkeys(told), key=told.count)
    return transcript.languages[0] if transcript.languages else "und"


def track_of(transcript: Transcript, settings: RenderSettings) -> Track:
    """The track that these settings ask for."""
    language = settings.target or source_language(transcript)
    profile = profile_for(settings.subtitles, language)
    said = profile_for(settings.subtitles, source_language(transcript))
    if settings.target is not None and settings.bilingual:
        both = bilingual_cues(transcript.segments, said, profile, settings.target)
        return Track(both, bilingual_profile(said, profile), language, transcript.source.path)
    found = cues(transcript.segments, profile, settings.target, said)
    return Track(found, profile, language, transcript.source.path)


def label(transcript: Transcript, settings: RenderSettings) -> str:
    """What tells this output from its sisters, in the middle of its name: nothing, `de`, or `en+de`."""
    if settings.target is None:
        return ""
    return f"{primary(source_language(transcript))}+{settings.target}" if settings.bilingual else settings.target
