"""What happens when the process dies: a supervisor of its own, with real children and real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from runs import ROOT

PROGRAM = """
import os, signal, sys, time
from pipeline.run.supervisor import supervise

def crash(number=signal.SIGSEGV):
    os.kill(os.getpid(), number)
    time.sleep(9)

def crashed(name):
    print("crashed", name, flush=True)
    return GO_ON

GO_ON = True
"""


def supervised(work: str, tmp_path: Path) -> subprocess.Popen[str]:
    """A process that supervises `def work(crashes): ...`."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM + textwrap.dedent(work) + "\nsys.exit(supervise(work, crashed))\n")
    return subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


@pytest.mark.parametrize(
    ("work", "code", "said"),
    [
        ("def work(crashes): return 0", 0, []),
        ("def work(crashes): return 5", 5, []),
        ("def work(crashes): sys.exit(2)", 2, []),
        ("def work(crashes): return crash() if crashes < 2 else 0", 0, ["crashed SIGSEGV"] * 2),
        ("def work(crashes): return crash(signal.SIGABRT) if not crashes else 1", 1, ["crashed SIGABRT"]),
        ("def work(crashes): crash(signal.SIGKILL)", 137, []),
        ("def work(crashes): crash(signal.SIGTERM)", 143, []),
        ("GO_ON = False\ndef work(crashes): crash()", 139, ["crashed SIGSEGV"]),
    ],
)
def test_a_crash_is_tried_again_and_what_ends_by_itself_or_is_killed_is_not(
    tmp_path: Path, work: str, code: int, said: list[str]
) -> None:
    process = supervised(work, tmp_path)
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out.splitlines()) == (code, said)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_handed_on_once(tmp_path: Path, number: signal.Signals) -> None:
    work = f"""
    def work(crashes):
        heard = []
        signal.signal({int(number)}, lambda number, frame: heard.append(number))
        print("ready", flush=True)
        while not heard:
            time.sleep(0.02)
        time.sleep(0.3)
        return 40 + len(heard)
    """
    process = supervised(work, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 41


def test_a_killed_supervisor_takes_its_child_along(tmp_path: Path) -> None:
    process = supervised("def work(crashes):\n    print('ready', flush=True)\n    time.sleep(60)", tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    (child,) = psutil.Process(process.pid).children()
    process.kill()
    process.communicate()
    began = time.monotonic()
    assert psutil.wait_procs([child], timeout=10)[1] == []
    assert time.monotonic() - began < 5
