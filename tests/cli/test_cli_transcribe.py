from __future__ import annotations

import json
from pathlib import Path

from runs import finish, noise, start


def test_every_name_a_shell_can_find_is_a_file_and_nothing_else(tmp_path: Path) -> None:
    names = ["-rf.wav", "${HOME}.wav", "@list.wav", "a[1]*.wav", "~root.wav"]
    for number, name in enumerate(names):
        noise(tmp_path / name, seed=number)
    (tmp_path / "list.wav").write_text("/etc/hostname\n")
    command = ("transcribe", "-o", "out", "--set", "service.ear=scripted", "--", *names)
    ended = finish(start(*command, cwd=tmp_path))

    files = json.loads((tmp_path / "out" / "manifest.json").read_text())["files"]
    assert ended.code == 0
    assert [(entry["source"], entry["status"]) for entry in files] == [(name, "done") for name in sorted(names)]


def test_an_input_that_does_not_exist_leaves_no_output_folder(tmp_path: Path) -> None:
    ended = finish(start("transcribe", tmp_path / "nowhere", "-o", tmp_path / "out"))

    assert (ended.code, ended.err) == (
        2,
        f"speech-pipeline: input.paths: {tmp_path}/nowhere: no such file or folder\n",
    )
    assert not (tmp_path / "out").exists()
