"""The pages that show each sample of the Speech SDK: their commands give what the pages say."""

from __future__ import annotations

from pathlib import Path

import pytest
from console_page import ROOT, Console, blocks, differences, environment_of

from pipeline.errors import GStreamerMissing
from pipeline.host import models
from pipeline.host.model_table import VOICES
from pipeline.speech.compressed import check_gstreamer

PAGES = ("recognise", "reach-the-service", "translate-speech", "compressed-input", "microphone")


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_page_print_what_it_says(name: str, tmp_path: Path) -> None:
    if name == "compressed-input":
        try:
            check_gstreamer()
        except GStreamerMissing:
            pytest.skip("GStreamer is not installed")
    if name == "recognise" and models.locate(VOICES) is None:
        pytest.skip(f"model {VOICES} is not fetched: speech-pipeline model fetch {VOICES}")
    page = ROOT / "docs" / "how-to" / f"{name}.md"
    wrong: list[str] = []
    with environment_of(page, tmp_path) as environment:
        console = Console(tmp_path, environment)
        for steps in blocks(page.read_text()):
            with console.block() as block:
                for step in steps:
                    found = differences(step.said, block.run(step.command))
                    wrong += [f"$ {step.command}", *found] if found else []
    assert wrong == []
