"""Which transcripts do the tests of the writers share?"""

from __future__ import annotations

from pipeline.values import (
    Coverage,
    Gap,
    MadeBy,
    Media,
    Recording,
    Segment,
    Session,
    Transcript,
    Word,
)


def words(text: str, start_ms: int, each_ms: int = 400) -> tuple[Word, ...]:
    """Words of equal length, 50 ms apart."""
    return tuple(
        Word(word, start_ms + number * each_ms, start_ms + (number + 1) * each_ms - 50, 0.9)
        for number, word in enumerate(text.split())
    )


def segment(text: str, start_ms: int, spoken: str | None = None, **more: object) -> Segment:
    """A segment whose words are the display words, or those of `spoken`."""
    timed = words(text if spoken is None else spoken, start_ms)
    values: dict[str, object] = {"language": "en-US", "confidence": 0.93, "lexical": spoken or text.lower(), **more}
    return Segment(start_ms, timed[-1].end_ms, text, words=timed, **values)  # type: ignore[arg-type]


def transcript(*segments: Segment, languages: tuple[str, ...] = ("en-US",)) -> Transcript:
    return Transcript(
        Recording("a/talk.mp4", "ab" * 32, 12_345, Media("aac", 44_100, 2, 61_234, has_video=True)),
        MadeBy("0.1.0", "1.53.0", "local", "whisper-base@d01c3014", "f00d"),
        languages,
        segments,
        Coverage("warn", 50_000, 49_900, (Gap(100, 200),), ("a stretch without text",)),
        (Session("s1", "local", 0, 61_234, 2),),
    )


TALK = transcript(
    segment("Good morning, & welcome.", 500, translations={"de": "Guten Morgen & willkommen."}, speaker="Guest-1"),
    segment("It cost $1,025 in 1999.", 3500, "it cost one thousand twenty five dollars in nineteen ninety nine",
            translations={"de": "Es kostete 1999 1.025 Dollar."}, speaker="Guest-2"),
    segment("Really?", 11_000, translations={}, untranslated={"de": "TranslationStatus Error"}, speaker="Guest-1"),
)  # fmt: skip
