"""How does a track look as TTML, in the text profile of IMSC 1?"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from pipeline.subtitles.clock import clock
from pipeline.subtitles.cue import Cue
from pipeline.writers.settings import Track

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" \
xmlns:tts="http://www.w3.org/ns/ttml#styling" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" \
ttp:profile="http://www.w3.org/ns/ttml/profile/imsc1/text" ttp:timeBase="media" ttp:cellResolution="32 15" \
xml:lang={language}>
  <head>
    <metadata>
      <ttm:title>{title}</ttm:title>
    </metadata>
    <styling>
      <style xml:id="text" tts:fontFamily="proportionalSansSerif" tts:fontSize="100%" tts:lineHeight="125%" \
tts:color="white" tts:textAlign="center" tts:direction="{direction}" tts:unicodeBidi="embed"/>
      <style xml:id="line" tts:backgroundColor="#000000C2"/>
    </styling>
    <layout>
      <region xml:id="bottom" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after"/>
    </layout>
  </head>
  <body style="text" region="bottom">
    <div>
"""
_TAIL = "    </div>\n  </body>\n</tt>\n"
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "yi", "ckb", "dv", "sd", "ug"})
# Control characters that no XML document may hold.
_FORBIDDEN = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


def render(track: Track) -> str:
    """One paragraph a cue, its lines parted by <br/>; logical order and a direction for right-to-left scripts."""
    direction = "rtl" if track.profile.language in _RIGHT_TO_LEFT else "ltr"
    head = _HEAD.format(language=quoteattr(track.language), title=_text(track.title), direction=direction)
    return head + "".join(_paragraph(number, cue) for number, cue in enumerate(track.cues, 1)) + _TAIL


def _paragraph(number: int, cue: Cue) -> str:
    text = "<br/>".join(_text(line) for line in cue.lines)
    times = f'begin="{clock(cue.start_ms)}" end="{clock(cue.end_ms)}"'
    return f'      <p xml:id="cue{number}" {times}><span style="line">{text}</span></p>\n'


def _text(line: str) -> str:
    return escape(line.translate(_FORBIDDEN).encode("utf-8", "replace").decode())
