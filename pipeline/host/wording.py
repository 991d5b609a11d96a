"""How does a heard phrase become the texts of a result: display, lexical, words?"""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.host import dictation, profanity
from pipeline.host.hearing.ear import HeardWord, Phrase
from pipeline.host.messages import Best, TimedWord
from pipeline.host.wanted import Wanted

_EDGES = re.compile(r"^[^\w%$€£+*]+|[^\w%$€£+*]+$")


def as_wanted(phrase: Phrase, wanted: Wanted) -> Phrase:
    """The phrase with dictated marks written and profanity treated, in its text, words and English alike."""
    if wanted.mode == "dictation":
        phrase = _dictated(phrase)
    if wanted.profanity == "raw":
        return phrase
    english = phrase.english and profanity.clean(phrase.english, "en", wanted.profanity)
    words = (replace(word, text=clean(word.text, phrase.language, wanted)) for word in phrase.words)
    return replace(
        phrase,
        text=clean(phrase.text, phrase.language, wanted),
        words=tuple(word for word in words if word.text),
        english=english,
    )


def clean(text: str, language: str, wanted: Wanted) -> str:
    """A text of any language after the wanted treatment of profanity."""
    return profanity.clean(text, language, wanted.profanity)


def lexical(text: str) -> str:
    """The bare words: no case, no punctuation around words."""
    bare = (_EDGES.sub("", word) for word in text.split())
    return " ".join(word.lower() for word in bare if word)


def best(phrase: Phrase, wanted: Wanted) -> Best:
    """The detailed form of a phrase that already is as wanted."""
    words = phrase.words if wanted.word_times else ()
    itn = " ".join(word for part in phrase.text.split() if (word := _EDGES.sub("", part)))
    return Best(
        confidence=phrase.confidence,
        lexical=lexical(phrase.text),
        itn=itn,
        masked_itn=itn,
        display=phrase.text,
        words=tuple(_timed(word, bare, word.confidence) for word in words if (bare := lexical(word.text))),
        display_words=tuple(_timed(word, word.text.strip(), None) for word in words),
    )


def _timed(word: HeardWord, text: str, confidence: float | None) -> TimedWord:
    return TimedWord(text, word.start_ms, word.end_ms - word.start_ms, confidence)


def _dictated(phrase: Phrase) -> Phrase:
    text = dictation.join(dictation.punctuate(phrase.text.split(), phrase.language))
    spoken = phrase.words
    words = tuple(
        HeardWord(
            written.text.rstrip("\n"),
            spoken[written.first].start_ms,
            spoken[written.last].end_ms,
            spoken[written.first].confidence,
        )
        for written in dictation.punctuate([word.text.strip() for word in spoken], phrase.language)
    )
    return replace(phrase, text=text, words=words)
