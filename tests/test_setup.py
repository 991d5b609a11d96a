"""What does the set-up script say and do on machines that lack something? Its outside programs are stand-ins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "setup.sh"
REAL = ("bash", "cat", "dirname", "env", "grep", "sh")
BASH = shutil.which("bash")

pytestmark = pytest.mark.skipif(BASH is None, reason="needs bash")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A bare machine: a project in a folder with a space, and a PATH of stand-ins that write down what is asked."""
    project, programs = tmp_path / "a b" / "clone", tmp_path / "bin"
    (project / "scripts").mkdir(parents=True)
    programs.mkdir()
    shutil.copy(SCRIPT, project / "scripts")
    for name in REAL:
        (programs / name).symlink_to(str(shutil.which(name)))
    (programs / "python3").symlink_to(sys.executable)
    for name, body in {
        "apt-get": 'echo "apt-get $* ($DEBIAN_FRONTEND)" >>"$LOG"; [ "$1" != install ]',
        "dpkg-query": "exit 1",
        "apt-cache": '[ "$2" = libasound2t64 ]',
        "ldconfig": "exit 0",
        "id": "echo 1000",
        "sudo": "exit 1",
    }.items():
        stand_in(programs / name, body)
    return tmp_path


def stand_in(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def set_up(machine: Path, **environment: str) -> tuple[int, str, list[str]]:
    """Exit code, what was said, and what apt-get was asked."""
    log = machine / "log"
    done = subprocess.run(
        [machine / "a b" / "clone" / "scripts" / "setup.sh", "run"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": str(machine / "bin"), "LOG": str(log), "HOME": os.environ.get("HOME", "/"), **environment},
    )
    return done.returncode, done.stderr, log.read_text().splitlines() if log.exists() else []


def test_without_rights_the_packages_are_named_and_nothing_is_done(machine: Path) -> None:
    code, said, asked = set_up(machine)

    assert (code, asked) == (3, [])
    assert (
        "these system packages are missing; install them and run again: sudo apt-get install ffmpeg libasound2" in said
    )


@pytest.mark.parametrize("rights", ["root", "sudo"])
def test_with_rights_they_are_installed_without_a_question(machine: Path, rights: str) -> None:
    if rights == "root":
        stand_in(machine / "bin" / "id", "echo 0")
    else:
        # As sudo does: the environment of the caller is not handed on.
        stand_in(machine / "bin" / "sudo", 'shift; [ "$1" = true ] || exec env -i PATH="$PATH" LOG="$LOG" "$@"')
    code, _, asked = set_up(machine)

    assert code != 0  # the stand-in installs nothing and says so
    assert asked[0].startswith("apt-get update -qq")
    assert asked[1].startswith("apt-get install -y -qq --no-install-recommends")
    assert "ffmpeg libasound2t64" in asked[1] and asked[1].endswith("(noninteractive)")


def test_programs_of_the_user_s_own_are_as_good_as_packages(machine: Path) -> None:
    for name in ("ffmpeg", "ffprobe"):
        stand_in(machine / "bin" / name, "exit 0")
    stand_in(machine / "bin" / "ldconfig", "echo 'libasound.so.2 => /opt/libasound.so.2'")

    assert "ffmpeg" not in set_up(machine)[1]


@pytest.mark.parametrize(("python", "apt"), [("exit 1", True), ("exit 1", False)])
def test_an_old_python_is_refused_before_anything_is_installed(machine: Path, python: str, apt: bool) -> None:
    stand_in(machine / "bin" / "old", python)
    if not apt:
        (machine / "bin" / "apt-get").unlink()
    code, said, asked = set_up(machine, PYTHON="old")

    assert (code, said, asked) == (
        3,
        "setup: Python 3.10 or newer is needed; install it and set PYTHON to it\n",
        [],
    )


def test_without_apt_the_readme_is_named(machine: Path) -> None:
    (machine / "bin" / "apt-get").unlink()

    assert set_up(machine)[:2] == (
        3,
        "setup: ffmpeg is missing: install it with your package manager (README, other systems)\n",
    )
