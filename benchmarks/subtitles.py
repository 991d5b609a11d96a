"""How good are the subtitles, ours beside two other ways of making them from the same recordings?

    python benchmarks/subtitles.py --out FOLDER [--corpus FOLDER] [--minutes 5] [--language en]

Rows: ours (the real command); ours from the reference words (a recogniser that makes no mistake); the character share
(each segment's time dealt out over lines of 37 characters, two a cue: how the captioning sample of the Azure SDK does
it) on the same transcripts; whisper-ctranslate2 with its own subtitle writer, told 42 characters and two lines, from a
virtual environment of its own in the cache folder: made if --install, left out with a message if absent.

Columns: violations of the Netflix profile per hour of audio, by rule; and the in-time error, start of a cue against the
reference time of its first word, where the corpus has word times and the word was heard right.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from statistics import median, quantiles

from pipeline.config.schema import SubtitleSettings
from pipeline.subtitles.cue import Cue
from pipeline.subtitles.cues import cues
from pipeline.subtitles.lint import check
from pipeline.subtitles.numbers import bare
from pipeline.subtitles.parse import parse
from pipeline.subtitles.profiles import profile_for
from pipeline.values import Segment, Transcript, Word
from pipeline.writers.transcript_json import parse as parse_transcript

PROJECT = Path(__file__).resolve().parents[1]
PEER = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "speech-pipeline/bench/whisper-ctranslate2"
SHARE_LINE_CHARS = 37
SHARE_LINES = 2


@dataclass(frozen=True)
class Recording:
    """An item of the corpus; `starts` are its reference words with their start times in ms, where it has them."""

    id: str
    path: Path
    language: str
    duration_s: float
    starts: tuple[Word, ...]


Track = tuple[Recording, Sequence[Cue]]


def recordings(corpus: Path, language: str, minutes: float) -> list[Recording]:
    """Items with a good reference: those with word times of any language first, then those of `language`."""
    items = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))
    good = [item for item in items if item["reference_quality"] == "good"]
    good.sort(key=lambda item: (not item.get("word_times"), -item["duration_s"]))
    chosen: list[Recording] = []
    for item in good:
        timed = tuple(
            Word(text, round(start * 1000), round(end * 1000)) for text, start, end in item.get("word_times") or ()
        )
        if timed or (item["language"] == language and sum(one.duration_s for one in chosen) < minutes * 60):
            chosen.append(Recording(item["id"], corpus / item["file"], item["language"], item["duration_s"], timed))
    return chosen


def transcripts(chosen: Sequence[Recording], out: Path) -> dict[str, Transcript]:
    """What the real command makes of them, kept in `out`; one run a language."""
    found = {}
    for language in sorted({one.language for one in chosen}):
        folder = out / "ours" / language
        own = [one for one in chosen if one.language == language]
        linked = _linked(own, out / "in" / language)
        command = [sys.executable, "-m", "pipeline", "transcribe", str(linked), "-o", str(folder), "--format", "json"]
        subprocess.run([*command, "--language", _locale(language)], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)
        for one in own:
            found[one.id] = parse_transcript((folder / f"{one.id}.json").read_text(encoding="utf-8"))
    return found


def _linked(own: Sequence[Recording], folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for one in own:
        link = folder / (one.id + one.path.suffix)
        if not link.exists():
            link.symlink_to(one.path.resolve())
    return folder


def _locale(language: str) -> str:
    regions = {"en": "US", "zh": "CN", "ja": "JP", "ko": "KR", "sv": "SE"}
    return f"{language}-{regions.get(language, language.upper())}"


def ours(recording: Recording, transcript: Transcript) -> Sequence[Cue]:
    return cues(transcript.segments, profile_for(SubtitleSettings(), recording.language))


def ours_from_reference(recording: Recording) -> Sequence[Cue]:
    words = recording.starts
    text = ("" if recording.language in ("ja", "zh") else " ").join(word.text for word in words)
    segment = Segment(words[0].start_ms, words[-1].end_ms, text, words=words, language=recording.language)
    return cues([segment], profile_for(SubtitleSettings(), recording.language))


def character_share(transcript: Transcript) -> Sequence[Cue]:
    """Lines filled one after the other, two a cue, and each cue its share of the segment's time by characters."""
    found = []
    for segment in transcript.segments:
        lines = _filled(segment.text)
        texts = ["\n".join(lines[at : at + SHARE_LINES]) for at in range(0, len(lines), SHARE_LINES)]
        total, done = sum(map(len, texts)), 0
        for text in texts:
            length = segment.end_ms - segment.start_ms
            start = segment.start_ms + length * done // total
            done += len(text)
            found.append(Cue(start, segment.start_ms + length * done // total, tuple(text.split("\n"))))
    return found


def _filled(text: str) -> list[str]:
    words = text.split() if " " in text else list(text)
    glue = " " if " " in text else ""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1] + glue + word) <= SHARE_LINE_CHARS:
            lines[-1] += glue + word
        else:
            lines.append(word)
    return lines


def peer(chosen: Sequence[Recording], out: Path) -> dict[str, Sequence[Cue]]:
    """The SRT files of whisper-ctranslate2, with the same model; nothing where it is not installed."""
    program = PEER / "bin" / "whisper-ctranslate2"
    if not program.exists():
        print(f"whisper-ctranslate2 is not in {PEER}: left out (run with --install)", file=sys.stderr)
        return {}
    listed = [sys.executable, "-m", "pipeline", "model", "path", "base"]
    model = subprocess.run(listed, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.strip()
    found: dict[str, Sequence[Cue]] = {}
    for one in chosen:
        made = out / "peer" / f"{one.path.stem}.srt"
        if not made.exists():
            options = ["--model_directory", model, "--local_files_only", "True", "--language", one.language]
            options += ["--device", "cpu", "--threads", "2", "--output_dir", str(made.parent), "--output_format", "srt"]
            options += ["--word_timestamps", "True", "--max_line_width", "42", "--max_line_count", "2"]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run([str(program), str(one.path), *options], check=True, **quiet)  # type: ignore[call-overload]
        found[one.id] = parse(made.read_bytes(), made.name).cues
    return found


def install() -> None:
    if not (PEER / "bin" / "whisper-ctranslate2").exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEER)], check=True)
        subprocess.run([str(PEER / "bin" / "pip"), "install", "-q", "whisper-ctranslate2"], check=True)


def in_time_errors(recording: Recording, made: Sequence[Cue]) -> Iterator[int]:
    """For each cue whose first word was heard right: how far its start is from that word's reference start."""
    if not recording.starts:
        return
    said = _characters((word.text, word.start_ms) for word in recording.starts)
    shown = _characters((" ".join(cue.lines), cue.start_ms) for cue in made)
    matcher = SequenceMatcher(None, [one for one, _, _ in said], [one for one, _, _ in shown], autojunk=False)
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            _, start, first = shown[block.b + offset]
            _, reference, begins = said[block.a + offset]
            # The first characters of both, and enough of the same after them to be the same word.
            if first and begins and block.size - offset >= 2:
                yield abs(start - reference)


def _characters(texts: Iterator[tuple[str, int]]) -> list[tuple[str, int, bool]]:
    """Every bare character, with the time of its text, and whether it is the first of it."""
    return [(one, time, at == 0) for text, time in texts for at, one in enumerate(bare(text))]


def report(name: str, tracks: Sequence[Track]) -> str:
    hours = sum(recording.duration_s for recording, _ in tracks) / 3600
    rules: Counter[str] = Counter()
    errors: list[int] = []
    for recording, made in tracks:
        rules.update(one.rule for one in check(made, profile_for(SubtitleSettings(), recording.language)))
        errors.extend(in_time_errors(recording, made))
    worst = quantiles(errors, n=20)[-1] if len(errors) > 1 else float("nan")
    told = " ".join(f"{rule} {count / hours:.0f}" for rule, count in sorted(rules.items())) or "none"
    count = sum(len(made) for _, made in tracks)
    middle = median(errors) if errors else float("nan")
    timing = f"{middle:.0f} | {worst:.0f} | {len(errors)}"
    return f"| {name} | {count} | {sum(rules.values()) / hours:.0f} | {told} | {timing} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="where transcripts and peers' files are kept")
    parser.add_argument(
        "--corpus", type=Path, default=Path(os.environ.get("SPEECH_CORPUS", PROJECT / "../shared/corpus"))
    )
    parser.add_argument("--minutes", type=float, default=5, help="of audio in --language, beside what has word times")
    parser.add_argument("--language", default="en")
    parser.add_argument("--install", action="store_true", help="install whisper-ctranslate2 in the cache folder")
    options = parser.parse_args()
    if options.install:
        install()
    chosen = recordings(options.corpus, options.language, options.minutes)
    made = transcripts(chosen, options.out)
    theirs = peer(chosen, options.out)
    timed = [one for one in chosen if one.starts]
    audio_s = sum(one.duration_s for one in chosen)
    print(f"{len(chosen)} recordings, {audio_s / 60:.1f} minutes, {len(timed)} with word times\n")
    print("| subtitles | cues | violations/h | by rule | in-time ms, median | 95% | cues timed |")
    print("|---|---|---|---|---|---|---|")
    print(report("ours", [(one, ours(one, made[one.id])) for one in chosen]))
    print(report("ours, from reference words", [(one, ours_from_reference(one)) for one in timed]))
    print(report("character share, same transcripts", [(one, character_share(made[one.id])) for one in chosen]))
    if theirs:
        print(report("whisper-ctranslate2", [(one, theirs[one.id]) for one in chosen]))


if __name__ == "__main__":
    main()
