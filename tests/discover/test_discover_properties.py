"""Whatever the names are, is every recording taken once, and do no two outputs ever meet?"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.schema import InputSettings
from pipeline.discover import discover

STEMS = st.sampled_from(
    ["talk", "Talk", "talk.de", "talk.mp3", "talk.wav", "manifest", "é", "e\u0301", "talk.wav.2", "x%FF"]
)
SUFFIXES = st.sampled_from(["wav", "mp3", "WAV", "mp4"])
FOLDERS = st.sampled_from(["", "a/", "a/b/", "talk.json/", "two/", "two/a/"])
FILES = st.builds(lambda folder, stem, suffix: f"{folder}{stem}.{suffix}", FOLDERS, STEMS, SUFFIXES)
FORMATS = ("json", "srt", "de.srt")


@settings(max_examples=60, deadline=None)
@given(st.lists(FILES, unique=True, max_size=12), st.lists(FILES, unique=True, max_size=6))
def test_names_and_outputs_never_meet(one: list[str], two: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tops = [Path(folder) / "one", Path(folder) / "two"]
        for top, files in zip(tops, (one, two), strict=True):
            top.mkdir()
            for name in files:
                (top / name).parent.mkdir(parents=True, exist_ok=True)
                (top / name).touch()
        asked = InputSettings(paths=[str(top) for top in tops])
        sources = list(discover(asked, Path(folder) / "out", ["de"]))
        again = list(discover(asked, Path(folder) / "out", ["de"]))

    written = [f"{source.output}.{form}".casefold() for source in sources for form in FORMATS]
    folders = {f"{parent}".casefold() for source in sources for parent in Path(source.output).parents}
    assert sources == again
    assert len({source.path for source in sources}) == len({source.name for source in sources}) == len(one) + len(two)
    assert len(set(written)) == len(written)
    assert not {"manifest.json", *written} & folders
    assert "manifest.json" not in written
