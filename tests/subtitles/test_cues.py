"""Are the cues those that a subtitler would have made?"""

from __future__ import annotations

from itertools import pairwise

import pytest

from pipeline.config.schema import SubtitleSettings
from pipeline.subtitles.bilingual import bilingual_cues
from pipeline.subtitles.cue import Cue
from pipeline.subtitles.cues import cues
from pipeline.subtitles.profiles import profile_for
from pipeline.subtitles.timing import out_time
from pipeline.values import Segment, Word

NETFLIX = profile_for(SubtitleSettings(), "en-US")


def said(text: str, start_ms: int = 0, letter_ms: int = 60, gap_ms: int = 20, **more: object) -> Segment:
    """A segment with words of this many ms a letter; a `|` before a word is a pause of 400 ms, `||` of 1200 ms."""
    words, place = [], start_ms
    for word in text.split():
        bare = word.lstrip("|")
        place += {0: 0, 1: 400, 2: 1200}[len(word) - len(bare)]
        words.append(Word(bare, place, place + letter_ms * len(bare)))
        place += letter_ms * len(bare) + gap_ms
    shown = text.replace("|", "")
    return Segment(start_ms, words[-1].end_ms, shown, words=tuple(words), **more)  # type: ignore[arg-type]


def lines(segments: list[Segment], language: str = "en-US", **settings: object) -> list[str]:
    profile = profile_for(SubtitleSettings(**settings), language)  # type: ignore[arg-type]
    return [" | ".join(cue.lines) for cue in cues(segments, profile)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One line is enough for this.", ["One line is enough for this."]),
        # A line breaks at the clause, not in the middle.
        (
            "I never said that he was there, but I know that he was not at home.",
            ["I never said that he was there, | but I know that he was not at home."],
        ),
        # Never between article and noun, number and unit, title and name.
        (
            "We walked along the river until we saw the old house of Dr. Miller near the bridge.",
            ["We walked along the river | until we saw the old house", "of Dr. Miller near the bridge."],
        ),
        # Two sentences part at the sentence end.
        (
            "This is the first sentence of the two. The second one is a bit longer than the first one was.",
            ["This is the first sentence of the two.", "The second one is a bit longer | than the first one was."],
        ),
        # A silence of a second is never inside a cue, whatever the text says.
        ("We stopped ||and then went on.", ["We stopped", "and then went on."]),
    ],
)
def test_text_is_broken_where_it_reads_well(text: str, expected: list[str]) -> None:
    assert lines([said(text)]) == expected


def test_a_cue_starts_on_its_first_word_and_lingers_for_the_reader() -> None:
    found = cues([said("Extraordinarily fast talkers, aren't they?", 1000, letter_ms=30)], NETFLIX)
    assert found == (Cue(1000, 2720, ("Extraordinarily fast talkers, aren't they?",)),)


def test_a_short_word_stays_for_the_least_time() -> None:
    assert cues([said("Yes.", 5000)], NETFLIX) == (Cue(5000, 5833, ("Yes.",)),)


def test_a_sound_that_never_ends_leaves_the_screen_after_seven_seconds() -> None:
    assert cues([Segment(0, 20_000, "Aaah!", words=(Word("Aaah!", 0, 20_000),))], NETFLIX)[0].end_ms == 7000


def test_a_gap_under_half_a_second_is_closed_to_two_frames() -> None:
    first, second = cues([said("The first sentence is here."), said("The second one is here.", 1900)], NETFLIX)
    assert (first.end_ms, second.start_ms) == (1817, 1900)


@pytest.mark.parametrize(
    ("spoken", "need", "following", "end"),
    [
        (2000, 1000, None, 2000),  # nothing needed
        (2000, 2300, None, 2300),  # lingers for the reader
        (2000, 9000, None, 2500),  # but no longer than allowed
        (100, 50, None, 833),  # the least time
        (9000, 50, None, 7000),  # the most
        (2000, 1000, 2600, 2000),  # a gap of 500 ms and more stays
        (2000, 1000, 2400, 2317),  # a smaller one is closed
        (2000, 2400, 2550, 2467),  # lingering would leave a small gap: closed too
        (2000, 2400, 2800, 2300),  # but nothing lingers longer than allowed
        (2000, 2400, 2900, 2400),  # no small gap is left
        (2000, 2450, 2940, 2440),  # lingers only as far as the gap stays large
        (2000, 1000, 2050, 1967),  # two frames before the next, come what may
    ],
)
def test_out_times(spoken: int, need: int, following: int | None, end: int) -> None:
    assert out_time(0, spoken, need, following, NETFLIX) == end


def test_two_speakers_who_share_a_cue_have_a_dash_each() -> None:
    talk = [said("Are you coming?", 0, speaker="A"), said("Yes.", 1000, speaker="B")]
    talk.append(said("Good, then let us take the bus that leaves at noon.", 3000, speaker="A"))
    found = cues(talk, NETFLIX)
    assert [(cue.lines, cue.voices) for cue in found] == [
        (("- Are you coming?", "- Yes."), ("A", "B")),
        (("Good, then let us take the bus", "that leaves at noon."), ("A", "A")),
    ]


def test_people_who_speak_at_once_take_turns() -> None:
    left = said("I was about to say, before you came in, that it is late.", 0, speaker="L", channel=0)
    right = said("No, wait.", 900, speaker="R", channel=1)
    found = cues([left, right], NETFLIX)
    assert [line for cue in found for line in cue.lines] == [
        "- I was about to say,",
        "- No, wait.",
        "before you came in, that it is late.",
    ]
    assert all(before.end_ms < after.start_ms for before, after in pairwise(found))


def test_a_segment_without_words_is_timed_by_its_own_times() -> None:
    bare = Segment(1000, 9000, "The service gave no word times. So the time of the segment is dealt out by the letter.")
    found = cues([bare], NETFLIX)
    assert (found[0].start_ms, found[-1].end_ms) == (1000, 9000)
    assert found[0].lines == ("The service gave no word times.",)


def test_a_display_number_starts_when_its_first_word_is_spoken() -> None:
    spoken = ["they", "paid", "us", "about", "one", "thousand", "twenty", "five", "dollars"]
    words = tuple(Word(word, 300 * at, 300 * at + 280) for at, word in enumerate(spoken))
    segment = Segment(0, words[-1].end_ms, "They paid us about $1,025.", words=words)
    profile = profile_for(SubtitleSettings(max_line_chars=12, max_lines=2), "en")
    assert [(cue.start_ms, cue.lines) for cue in cues([segment], profile)] == [
        (0, ("They paid us", "about")),
        (1200, ("$1,025.",)),
    ]


def test_chinese_and_japanese_never_begin_a_line_with_closing_marks() -> None:
    text = "我们认为这些真理是不言而喻的，人人生而平等，造物者赋予他们若干不可剥夺的权利。"
    segment = Segment(0, 9000, text, language="zh-CN")
    profile = profile_for(SubtitleSettings(), "zh-CN")
    found = [line for cue in cues([segment], profile) for line in cue.lines]
    assert found[:2] == ["我们认为这些真理是不言而喻的，", "人人生而平等，造物者赋予"]
    assert "".join(found) == text
    assert all(len(line) <= 16 and line[0] not in "，。" for line in found)


def test_japanese_is_broken_at_the_recognisers_words() -> None:
    words = ["私たち", "は", "明日", "の", "朝", "早く", "東京", "駅", "で", "会い", "ましょう", "と", "約束", "した。"]
    timed = tuple(Word(word, 300 * at, 300 * at + 290) for at, word in enumerate(words))
    segment = Segment(0, timed[-1].end_ms, "".join(words), words=timed, language="ja-JP")
    found = [
        line for cue in cues([segment], profile_for(SubtitleSettings(max_line_chars=10), "ja")) for line in cue.lines
    ]
    ends, place = set(), 0
    for word in words:
        place += len(word)
        ends.add(place)
    place = 0
    for line in found:
        place += len(line)
        assert place in ends, found


def test_thai_marks_stay_with_their_consonants() -> None:
    text = "สวัสดีครับวันนี้เราจะมาพูดคุยกันเรื่องการทำอาหารไทยที่บ้านซึ่งเป็นเรื่องที่น่าสนใจมาก"
    found = [
        line for cue in cues([Segment(0, 8000, text)], profile_for(SubtitleSettings(), "th")) for line in cue.lines
    ]
    assert "".join(found) == text
    assert all(line[0] not in "ะาำิีึืุู็่้๊๋์" and line[-1] not in "เแโใไ" for line in found)


def test_right_to_left_text_keeps_its_logical_order() -> None:
    text = "قال رئيس الوزراء إن الحكومة ستعمل على تحسين الظروف المعيشية، وستزيد الاستثمار في التعليم."
    found = [line for cue in cues([said(text)], profile_for(SubtitleSettings(), "ar")) for line in cue.lines]
    assert " ".join(found) == text
    assert found[1].endswith("المعيشية،")


def test_a_word_wider_than_a_line_is_cut_after_its_own_marks() -> None:
    address = "https://example.org/a/very/long/path/that/does/not/end/before/the/line"
    found = [line for cue in cues([Segment(0, 6000, address)], NETFLIX) for line in cue.lines]
    assert found == ["https://example.org/a/very/long/path/that/", "does/not/end/before/the/line"]


# Translations

NICHT = "Ich habe nie gesagt, dass er dort war, aber ich weiß, dass er nicht zu Hause war."


def test_a_translation_takes_the_times_of_its_source_cues() -> None:
    source = said(
        "I never said that he was there. ||But I know that he was not at home.",
        2000,
        translations={"de": "Ich habe nie gesagt, dass er dort war. Aber ich weiß, dass er nicht zu Hause war."},
    )
    german = profile_for(SubtitleSettings(), "de")
    spoken, told = cues([source], NETFLIX), cues([source], german, "de", NETFLIX)
    assert [cue.start_ms for cue in told] == [cue.start_ms for cue in spoken]
    assert [" ".join(cue.lines) for cue in told] == [
        "Ich habe nie gesagt, dass er dort war.",
        "Aber ich weiß, dass er nicht zu Hause war.",
    ]
    assert told[-1].end_ms <= source.end_ms + german.linger_ms


def test_a_segment_that_was_not_translated_has_no_cue() -> None:
    segments = [
        said("One.", 0, translations={"de": "Eins."}),
        said("Two.", 3000),
        said("Three.", 6000, translations={"de": "Drei."}),
    ]
    assert [cue.lines for cue in cues(segments, profile_for(SubtitleSettings(), "de"), "de")] == [
        ("Eins.",),
        ("Drei.",),
    ]


def test_a_bilingual_cue_has_a_line_of_each_language() -> None:
    source = said(
        "I never said that he was there, but I know that he was not at home.", translations={"de": NICHT}, letter_ms=100
    )
    found = bilingual_cues([source], NETFLIX, profile_for(SubtitleSettings(), "de"), "de")
    assert [cue.lines for cue in found] == [
        ("I never said that he was there,", "Ich habe nie gesagt, dass er dort war,"),
        ("but I know that he was not at home.", "aber ich weiß, dass er nicht zu Hause war."),
    ]


# Profiles


@pytest.mark.parametrize(
    ("name", "language", "numbers"),
    [
        ("netflix", "en-US", (42, 20.0, None, 833, 83, 500)),
        ("netflix", "de-DE", (42, 17.0, None, 833, 83, 500)),
        ("netflix", "ja-JP", (23, 4.0, None, 833, 83, 500)),
        ("netflix", "zh-Hans-CN", (16, 9.0, None, 833, 83, 500)),
        ("netflix", "ko-KR", (16, 12.0, None, 833, 83, 500)),
        ("netflix", "hi-IN", (42, 22.0, None, 833, 83, 500)),
        ("netflix", "th-TH", (35, 17.0, None, 833, 83, 500)),
        ("netflix", None, (42, 17.0, None, 833, 83, 500)),
        ("bbc", "en-GB", (37, None, 180.0, 1000, 0, 0)),
        ("plain", "en-US", (42, 25.0, None, 500, 0, 0)),
    ],
)
def test_profiles_have_their_numbers(name: str, language: str | None, numbers: tuple[object, ...]) -> None:
    p = profile_for(SubtitleSettings(profile=name), language)  # type: ignore[arg-type]
    assert (p.max_line_chars, p.max_cps, p.max_wpm, p.min_ms, p.min_gap_ms, p.close_gap_ms) == numbers
    assert (p.max_lines, p.max_ms, p.max_pause_ms) == (2, 7000, 1000)


def test_every_number_can_be_set() -> None:
    settings = SubtitleSettings(
        profile="bbc",
        max_line_chars=20,
        max_lines=3,
        min_duration="400ms",
        max_duration="5s",
        max_cps=12,
        min_gap="40ms",
        close_gap="200ms",
        linger="1s",
        max_pause="2s",
    )
    p = profile_for(settings, "en")
    assert (p.max_line_chars, p.max_lines, p.min_ms, p.max_ms, p.max_cps, p.max_wpm) == (20, 3, 400, 5000, 12, None)
    assert (p.min_gap_ms, p.close_gap_ms, p.linger_ms, p.max_pause_ms) == (40, 200, 1000, 2000)


def test_the_gap_is_two_frames_at_the_given_rate() -> None:
    assert [profile_for(SubtitleSettings(fps=fps), "en").min_gap_ms for fps in (24, 25, 30, 60)] == [83, 80, 67, 33]


def test_three_lines_hold_what_two_cannot() -> None:
    text = "We walked along the river until we saw the old house of Dr. Miller near the bridge."
    assert lines([said(text)], max_lines=3, max_line_chars=32) == [
        "We walked along the river | until we saw the old house | of Dr. Miller near the bridge."
    ]
