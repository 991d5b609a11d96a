"""What the installed ffmpeg can decode."""

from __future__ import annotations

import pytest

from pipeline.audio import formats


def test_the_ffmpeg_of_this_machine_decodes_all_usual_formats() -> None:
    assert formats.missing_decoders() == []


def test_a_format_that_ffmpeg_does_not_know_is_named_as_people_call_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(formats.USUAL, "no_such_codec", "Wax cylinder")
    assert formats.missing_decoders() == ["Wax cylinder"]
