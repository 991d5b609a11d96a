from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from runs import finish, noise, start, transcribe

from pipeline.cli.log import Lines
from pipeline.cli.terminal import printable, printable_lines

HOSTILE = "a\x1b[2Jb\u202ec\nd.wav"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße 你好 🎉", "Grüße 你好 🎉"),
        (HOSTILE, "a\\x1b[2Jb\\u202ec\\nd.wav"),
        ("caf\udce9", "caf\\udce9"),
        ("\r\t\x7f\x9b", "\\r\\t\\x7f\\x9b"),
    ],
)
def test_only_visible_characters_reach_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_message_keeps_its_lines() -> None:
    record = logging.LogRecord("pipeline", logging.ERROR, "", 0, "%s\nmore", ("\x1b[1m",), None)

    assert printable_lines("one\ntwo\x1b") == "one\ntwo\\x1b"
    assert Lines("%(message)s").format(record) == "\\x1b[1m\nmore"


def test_names_that_are_no_text_end_no_command_of_a_strict_terminal(tmp_path: Path) -> None:
    strict = {"PYTHONIOENCODING": "utf-8:strict"}
    (tmp_path / "in").mkdir()
    noise(tmp_path / "in" / "good.wav").rename(tmp_path / "in" / os.fsdecode(b"caf\xe9\x1b[2J.wav"))
    (tmp_path / "in" / HOSTILE).write_bytes(b"no audio")
    out = tmp_path / os.fsdecode(b"out\xff")

    ended = transcribe(tmp_path / "in", out, env=strict)
    said = [ended.out + ended.err]
    for verb in (["status"], ["status", "--json"], ["verify"], ["report"], ["render"], ["lint"]):
        again = finish(start(*verb, out, env=strict))
        assert again.code in (0, 1)
        said.append(again.out + again.err)

    assert ended.code == 1
    assert "a\\x1b[2Jb\\u202ec\\nd.wav: audio-undecodable" in said[0]
    assert [text for text in said if not text.isascii() or not text.replace("\n", "").isprintable()] == []
