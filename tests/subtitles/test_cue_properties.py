"""Whatever is said, whenever and in whichever script: do the cues keep every promise?"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.schema import SubtitleSettings
from pipeline.subtitles.bilingual import bilingual_cues, bilingual_profile
from pipeline.subtitles.breaks import breaks
from pipeline.subtitles.cue import Cue, half_widths, line_limit
from pipeline.subtitles.cues import cues
from pipeline.subtitles.parse import parse
from pipeline.subtitles.profiles import Profile, profile_for
from pipeline.subtitles.track import track_tokens
from pipeline.subtitles.translated import translated_track
from pipeline.subtitles.weigh import Weighing
from pipeline.values import Segment, Word
from pipeline.writers import srt, vtt
from pipeline.writers.settings import Track

ALPHABETS = [
    "abcdeXYZ",
    "äöüß",
    "あいアイ漢字東京、。ー",
    "中文字符，。！",
    "กขคะเแ่้",
    "אבגד",
    "ابتثمن",
    "한국어",
    "0123456789,.%$",
    "<>&-",
]
WORDS = st.sampled_from(ALPHABETS).flatmap(lambda alphabet: st.text(alphabet, min_size=1, max_size=12))
ENDS = st.sampled_from(["", "", "", ".", ",", "?", "。", " —"])
LANGUAGES = st.sampled_from(["en-US", "de", "ja-JP", "zh-CN", "th-TH", "ar-EG", "ko", "hi", None])
PROFILES = st.sampled_from(["netflix", "bbc", "plain"])


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    texts = draw(st.lists(WORDS, min_size=0, max_size=25))
    start = draw(st.integers(0, 60_000))
    place, words = start, []
    for text in texts:
        place += draw(st.sampled_from([0, 0, 20, 350, 1200]))
        length = draw(st.sampled_from([0, 80, 250, 600, 9000]))
        words.append(Word(text, place, place + length))
        place += length
    shown = " ".join(text + draw(ENDS) for text in texts)
    kept = draw(st.sampled_from(["all", "none", "some"]))
    words = words if kept == "all" else [] if kept == "none" else words[::2]
    return Segment(
        start,
        max(place, start + 1),
        shown,
        language="en-US",
        speaker=draw(st.sampled_from([None, None, "Guest-1", "Guest-2"])),
        translations=draw(st.sampled_from([{}, {"de": shown[::-1]}, {"de": " ".join(texts * 2)}])),
        words=tuple(words),
    )


SEGMENTS = st.lists(segments(), max_size=6)


def assert_kept(found: tuple[Cue, ...], profile: Profile) -> None:
    """Every limit that no word and no time can force to break."""
    for cue in found:
        assert cue.start_ms >= 0
        assert profile.min_ms <= cue.duration_ms <= profile.max_ms
        assert 1 <= len(cue.lines) <= profile.max_lines
        assert all(line == line.strip() and line for line in cue.lines)
        assert all(half_widths(line) <= line_limit(profile) for line in cue.lines)
    for cue, following in pairwise(found):
        assert following.start_ms - cue.end_ms >= profile.min_gap_ms


def letters(texts: list[str]) -> list[str]:
    """What is left without spaces and dashes, which speakers may have been given, in any order of the speakers."""
    return sorted(re.sub(r"[\s-]", "", "".join(texts)))


@settings(max_examples=150, deadline=None)
@given(SEGMENTS, PROFILES, LANGUAGES)
def test_cues_are_ordered_never_overlap_keep_every_limit_and_lose_no_word(
    said: list[Segment], name: str, language: str | None
) -> None:
    profile = profile_for(SubtitleSettings(profile=name), language)
    found = cues(said, profile)
    assert_kept(found, profile)
    assert letters([line for cue in found for line in cue.lines]) == letters([segment.text for segment in said])


@settings(max_examples=80, deadline=None)
@given(SEGMENTS, PROFILES, LANGUAGES)
def test_translated_cues_keep_the_same_promises(said: list[Segment], name: str, language: str | None) -> None:
    profile = profile_for(SubtitleSettings(profile=name), language)
    found = cues(said, profile, "de")
    assert_kept(found, profile)
    told = [segment.translations.get("de", "") for segment in said]
    assert letters([line for cue in found for line in cue.lines]) == letters(told)


@settings(max_examples=80, deadline=None)
@given(SEGMENTS, PROFILES, LANGUAGES)
def test_bilingual_cues_keep_the_same_promises(said: list[Segment], name: str, language: str | None) -> None:
    above = profile_for(SubtitleSettings(profile=name), "en")
    below = profile_for(SubtitleSettings(profile=name), language)
    found = bilingual_cues(said, above, below, "de")
    assert_kept(found, bilingual_profile(above, below))
    told = [
        text
        for segment in said
        for text in (segment.text, segment.translations.get("de", "") if segment.text.split() else "")
    ]
    assert letters([line for cue in found for line in cue.lines]) == letters(told)


@settings(max_examples=80, deadline=None)
@given(SEGMENTS, PROFILES, LANGUAGES)
def test_rendering_is_a_fixed_point(said: list[Segment], name: str, language: str | None) -> None:
    profile = profile_for(SubtitleSettings(profile=name), language)
    track = Track(cues(said, profile), profile, language or "und")
    for suffix, text in (("srt", srt.render(track)), ("vtt", vtt.render(track))):
        document = parse(text.encode(), f"x.{suffix}")
        assert document.findings == ()
        assert document.render() == text
        assert [(cue.start_ms, cue.end_ms) for cue in document.cues] == [(c.start_ms, c.end_ms) for c in track.cues]


@settings(max_examples=60, deadline=None)
@given(SEGMENTS)
def test_a_cue_starts_with_its_first_word_where_nothing_is_in_its_way(said: list[Segment]) -> None:
    profile = profile_for(SubtitleSettings(), "en")
    starts = {token.start_ms for token in track_tokens(said, profile)}
    found = cues(said, profile)
    for before, cue in zip((None, *found), found, strict=False):
        pushed = before is not None and cue.start_ms == before.end_ms + profile.min_gap_ms
        assert pushed or cue.start_ms in starts


@settings(max_examples=100, deadline=None)
@given(SEGMENTS, PROFILES, st.sampled_from([None, "de"]))
def test_no_cue_outlasts_its_words_by_more_than_the_lingering_allowed(
    said: list[Segment], name: str, target: str | None
) -> None:
    said = [replace(segment, speaker=None) for segment in said]
    profile = profile_for(SubtitleSettings(profile=name), "de")
    tokens = track_tokens(said, profile) if target is None else translated_track(said, target, profile, profile)
    left, heard_ms = iter(tokens), 0
    for cue in cues(said, profile, target):
        room, spoken_ms = len("".join("".join(cue.lines).split())), 0
        while room > 0:
            token = next(left)
            # A silence is one in which nobody speaks, not even someone whose cue has gone.
            assert not spoken_ms or token.start_ms - heard_ms < profile.max_pause_ms
            room -= len("".join(token.text.split()))
            spoken_ms = max(spoken_ms, token.end_ms)
            heard_ms = max(heard_ms, token.end_ms)
        assert cue.end_ms <= max(spoken_ms + profile.linger_ms, cue.start_ms + profile.min_ms)
    if target is not None and said:
        ends = [segment.end_ms for segment in said] + [word.end_ms for one in said for word in one.words]
        assert all(token.end_ms <= max(ends) for token in tokens)


@settings(max_examples=60, deadline=None)
@given(st.lists(segments(), min_size=1, max_size=2), PROFILES)
def test_no_other_way_of_cutting_is_cheaper(said: list[Segment], name: str) -> None:
    profile = profile_for(SubtitleSettings(profile=name), "en")
    tokens = track_tokens(said, profile)[:9]
    weighing = Weighing(tokens, breaks(tokens, "en"), profile)
    price = {(first, last): cost for first in range(len(tokens)) for last, cost in weighing._cues_from(first)}
    ways = []
    for cuts in range(2 ** max(0, len(tokens) - 1)):
        edges = [0, *(at + 1 for at in range(len(tokens) - 1) if cuts >> at & 1), len(tokens)]
        ways.append(sum(price.get(span, inf) for span in pairwise(edges)) if tokens else 0.0)
    assert sum(price[span] for span in weighing.spans()) <= min(ways) + 1e-6
