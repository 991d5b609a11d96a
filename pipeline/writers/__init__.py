"""Which formats are there, and which files does a transcript become?

Pure: a transcript in, texts out; who writes the files is files.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.config.schema import SubtitleSettings
from pipeline.subtitles.finding import Finding
from pipeline.subtitles.lint import check
from pipeline.values import Transcript
from pipeline.writers import ass, azure, srt, transcript_json, tsv, ttml, txt, vtt
from pipeline.writers.settings import RenderSettings, Track, Writer, label, track_of

__all__ = ["WRITERS", "RenderSettings", "Track", "Writer", "outputs", "remaining", "track_of"]

# A new format: write x.py with render(), add its line and its name in OutputSettings.formats, add
# tests/writers/test_x.py. A subtitle format renders a Track (`track=`), any other the transcript (`whole=`).
WRITERS: dict[str, Writer] = {
    "json": Writer(".json", pieces=transcript_json.pieces, whole=transcript_json.render, per_target=False),
    "srt": Writer(".srt", track=srt.render),
    "vtt": Writer(".vtt", track=vtt.render),
    "txt": Writer(".txt", whole=txt.render),
    "tsv": Writer(".tsv", whole=tsv.render, per_target=False),
    "ass": Writer(".ass", track=ass.render),
    "ttml": Writer(".ttml", track=ttml.render),
    "azure": Writer(".azure.json", whole=azure.render, per_target=False),
}


def outputs(
    transcript: Transcript,
    formats: Sequence[str],
    subtitles: SubtitleSettings,
    bilingual: bool = False,
    targets: Sequence[str] = (),
    tracks: dict[str, Track] | None = None,
) -> Iterator[tuple[str, Iterable[str]]]:
    """Every file of these formats, as (suffix, its text in pieces): (".srt", ...), (".de.srt", ...), (".en+de.srt",
    ...).

    `targets` are those asked for: each gets its files even where nobody spoke. The subtitle tracks that are made for
    the files are left in `tracks` by their labels: "", "de", "en+de".
    """
    for settings in _variants(transcript, subtitles, bilingual, targets):
        middle = label(transcript, settings)
        dotted = f".{middle}" if middle else ""
        track: Track | None = None
        for name in dict.fromkeys(formats):
            writer = WRITERS[name]
            if settings.target is not None and not writer.per_target:
                continue
            if writer.track is not None:
                track = track or track_of(transcript, settings)
                if tracks is not None:
                    tracks[middle] = track
                yield dotted + writer.suffix, [writer.track(track)]
            elif writer.pieces is not None:
                yield dotted + writer.suffix, writer.pieces(transcript)
            elif not settings.bilingual:
                yield dotted + writer.suffix, [writer.render(transcript, settings)]


def remaining(tracks: Mapping[str, Track]) -> Iterator[tuple[str, Finding]]:
    """What a lint of the subtitles finds that words and times left no way to avoid, as (label, finding)."""
    for name, track in tracks.items():
        for finding in check(track.cues, track.profile):
            yield name, finding


def _variants(
    transcript: Transcript, subtitles: SubtitleSettings, bilingual: bool, targets: Sequence[str]
) -> Iterator[RenderSettings]:
    yield RenderSettings(subtitles)
    for target in sorted({*transcript.targets, *targets}):
        yield RenderSettings(subtitles, target)
        if bilingual:
            yield RenderSettings(subtitles, target, bilingual=True)
