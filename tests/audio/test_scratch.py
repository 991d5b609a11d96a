from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.audio.scratch import Scratch, sweep_scratch
from pipeline.errors import OutputError


def test_a_run_leaves_nothing_behind(tmp_path: Path):
    with Scratch(tmp_path / "scratch") as scratch:
        (scratch.take() / "clip.wav").write_bytes(b"x")

    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_run_that_fails_leaves_nothing_behind(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt), Scratch(tmp_path) as scratch:
        (scratch.take() / "clip.wav").write_bytes(b"x")
        raise KeyboardInterrupt

    assert list(tmp_path.iterdir()) == []


def test_each_recording_has_a_room_that_can_be_given_back(tmp_path: Path):
    with Scratch(tmp_path) as scratch:
        with scratch.room() as one:
            (one / "clip.wav").write_bytes(b"x")
            other = scratch.take()
            assert one != other
        assert not one.exists()
        assert other.exists()


def test_giving_back_never_reaches_outside_the_scratch_folder(tmp_path: Path):
    recordings = tmp_path / "recordings"
    recordings.mkdir()

    with Scratch(tmp_path / "scratch") as scratch:
        scratch.give_back(recordings)

    assert recordings.exists()


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path: Path):
    leftover = left_by_a_killed_run(tmp_path)
    assert (leftover / "clip.wav").exists()

    with Scratch(tmp_path) as scratch:
        assert not leftover.exists()
        assert list(tmp_path.iterdir()) == [scratch.path]


def test_a_living_run_is_not_swept(tmp_path: Path):
    with Scratch(tmp_path) as one, Scratch(tmp_path) as other:
        assert sweep_scratch(tmp_path) == 0
        assert one.path.exists()
        assert other.path.exists()


def test_files_and_links_of_others_are_left_alone(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".speech-pipeline-run-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".speech-pipeline-run-file").write_text("x")
    (tmp_path / "run-7").mkdir()

    assert sweep_scratch(tmp_path) == 0
    assert {path.name.removeprefix(".speech-pipeline-") for path in tmp_path.iterdir()} == {
        "elsewhere",
        "run-link",
        "run-file",
        "run-7",
    }


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(OutputError), Scratch(tmp_path / "file"):
        pass


def left_by_a_killed_run(folder: Path) -> Path:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from pipeline.audio.scratch import Scratch\n"
        "with Scratch(Path(sys.argv[1])) as scratch:\n"
        "    (scratch.path / 'clip.wav').write_bytes(b'x')\n"
        "    print(scratch.path, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, timeout=60)
    return Path(done.stdout.strip())
