"""The stress benchmark, small: every fault at once, kills and crashes, and nothing may be lost."""

from __future__ import annotations

import subprocess
import sys

from runs import ROOT


def test_nothing_is_lost_when_everything_that_can_fail_does() -> None:
    blows = ["--kill-every", "6", "--crash-every", "4", "--most-blows", "2", "--outage", "2"]
    ended = subprocess.run(
        [sys.executable, "benchmarks/stress.py", "--files", "60", "--long", "4", *blows],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "every promise kept" in ended.stdout
