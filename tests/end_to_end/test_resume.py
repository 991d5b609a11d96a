"""What does the next run do with what the last one left? Counted in sessions at the host, for sessions cost money."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from host_process import Host, running_host
from runs import (
    QUICK,
    Ended,
    faults_file,
    finish,
    noise,
    recordings,
    scratch_files,
    settings,
    start,
    transcribe,
    transcribing,
)

LEDGER = Path(".speech-pipeline") / "ledger.sqlite"
# Chunks of ten seconds, each a session of its own, one after another.
IN_CHUNKS = ("audio.split.longer_than=11s", "audio.split.target=10s", "service.sessions=1")
CHUNKS = 8


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with running_host() as running:
        yield running


@pytest.fixture
def counted(host: Host) -> Callable[[], int]:
    """Sessions at the host since it was last asked."""
    seen = host.health()["sessions"]["total"]

    def since() -> int:
        nonlocal seen
        before, seen = seen, host.health()["sessions"]["total"]
        return int(seen - before)

    return since


def ask(output: Path, sql: str) -> list[tuple[object, ...]]:
    """What the ledger holds, read beside a run that writes."""
    try:
        with sqlite3.connect(f"file:{output / LEDGER}?mode=ro", uri=True, timeout=10) as db:
            return db.execute(sql).fetchall()
    except sqlite3.OperationalError:
        return []  # not made yet


def wait_until(true: Callable[[], bool], process: subprocess.Popen[str], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert process.poll() is None, f"it ended with {process.returncode}: {process.communicate()}"
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def acknowledged(output: Path) -> int:
    return len(ask(output, "SELECT start_ms FROM chunks"))


def worker(process: subprocess.Popen[str]) -> psutil.Process:
    """The child of the supervisor: the process that works."""
    return psutil.Process(process.pid).children()[0]


def texts(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output.iterdir() if path.suffix in (".srt", ".txt")}


def test_a_second_run_has_nothing_to_do_and_says_so(tmp_path: Path, host: Host, counted: Callable[[], int]) -> None:
    inbox = recordings(tmp_path / "inbox", 3)
    first = transcribe(inbox, tmp_path / "out", url=host.url)
    assert (first.code, counted()) == (0, 3)
    before = first.entries
    second = transcribe(inbox, tmp_path / "out", url=host.url)
    assert (second.code, counted()) == (0, 0)
    for name, entry in second.entries.items():
        assert (entry["status"], entry["reason"]) == ("skipped", "unchanged")
        assert entry["outputs"] == before[name]["outputs"]
    runs = sorted((tmp_path / "out" / "runs").iterdir())
    assert [run.name for run in runs] == [first_id := runs[0].name, second.manifest["run"]["id"]]
    assert (tmp_path / "out" / "runs" / first_id / "manifest.json").exists()


def planned(ended: Ended) -> dict[str, str]:
    """Name -> reason, as `plan` prints them."""
    return {line.split()[2]: line[line.index("(") + 1 : -1] for line in ended.out.splitlines()[:-1]}


def test_a_change_of_a_file_redoes_just_what_it_touches_and_plan_says_why(
    tmp_path: Path, host: Host, counted: Callable[[], int]
) -> None:
    inbox, out = recordings(tmp_path / "inbox", 6), tmp_path / "out"
    config = write_config(tmp_path, host)
    assert finish(start("run", config), out).code == 0
    os.utime(inbox / "f00.wav", (1, 1))
    os.utime(noise(inbox / "f01.wav", 1.0, seed=77), (2, 2))
    noise(inbox / "f02.wav", 2.0, seed=78)
    (out / "f03.srt").unlink()
    (inbox / "f04.wav").rename(inbox / "renamed.wav")
    shutil.copy(inbox / "f05.wav", inbox / "copy.wav")
    noise(inbox / "new.wav", 1.0, seed=79)
    expected = {
        "f00.wav": "modified since",
        "f01.wav": "modified since",
        "f02.wav": "audio changed",
        "f03.wav": "an output is missing",
        "f05.wav": "unchanged",
        "renamed.wav": "new",
        "copy.wav": "new",
        "new.wav": "new",
    }
    assert planned(finish(start("plan", config))) == expected
    counted()
    ended = finish(start("run", config), out)
    # Only f01, f02 and new hold audio that was never heard.
    assert (ended.code, counted()) == (0, 3)
    assert ended.having("skipped") == ["f05.wav"]
    assert all((out / output["path"]).exists() for entry in ended.entries.values() for output in entry["outputs"])


@pytest.mark.parametrize(
    ("value", "sessions", "reason"),
    [
        ("output.formats=[json, srt, txt, vtt]", 0, "output settings changed"),
        ("recognition.language=de-DE", 2, "recognition settings changed"),
        ("service.patience=77s", 0, "unchanged"),
    ],
)
def test_a_change_of_a_setting_redoes_what_depends_on_it(
    tmp_path: Path, host: Host, counted: Callable[[], int], value: str, sessions: int, reason: str
) -> None:
    recordings(tmp_path / "inbox", 2)
    config = write_config(tmp_path, host)
    assert finish(start("run", config)).code == 0
    assert set(planned(finish(start("plan", config, "--set", value))).values()) == {reason}
    counted()
    ended = finish(start("run", config, "--set", value), tmp_path / "out")
    assert (ended.code, counted()) == (0, sessions)
    assert len(ended.having("done")) == (0 if reason == "unchanged" else 2)


def write_config(folder: Path, host: Host) -> Path:
    config = folder / "config.yaml"
    config.write_text(
        f"input: {{paths: [inbox]}}\noutput: {{folder: out}}\nservice: {{kind: azure, host: '{host.url}'}}\n"
    )
    return config


def test_the_same_recording_under_two_names_is_recognised_once(
    tmp_path: Path, host: Host, counted: Callable[[], int]
) -> None:
    for name in ("a.wav", "b.wav", "c/d.wav"):
        noise(tmp_path / "inbox" / name, 1.0, seed=5)
    ended = transcribe(tmp_path / "inbox", tmp_path / "out", url=host.url)
    assert (ended.code, counted()) == (0, 1)
    assert ended.having("done") == ["a.wav", "b.wav", "c/d.wav"]
    assert (ended.output / "a.srt").read_bytes() == (ended.output / "c/d.srt").read_bytes()


@pytest.mark.parametrize("victim", ["supervisor", "worker"])
def test_no_chunk_that_was_acknowledged_is_recognised_again_after_a_kill(tmp_path: Path, victim: str) -> None:
    inbox = tmp_path / "inbox"
    noise(inbox / "long.wav", 10.0 * CHUNKS, seed=1)
    with running_host(faults=faults_file(tmp_path, "fault: slow, delay: 100ms")) as slow:
        process = transcribing(inbox, tmp_path / "out", url=slow.url, values=IN_CHUNKS)
        wait_until(lambda: acknowledged(tmp_path / "out") >= 3, process)
        working = worker(process)
        (working if victim == "worker" else process).send_signal(signal.SIGKILL)
        process.communicate(timeout=20)
        assert process.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
        working.wait(10)
        kept, before = acknowledged(tmp_path / "out"), slow.health()["sessions"]["total"]
        assert not (tmp_path / "out" / "manifest.json").exists()
        resumed = transcribe(inbox, tmp_path / "out", url=slow.url, values=IN_CHUNKS)
        assert slow.health()["sessions"]["total"] - before == CHUNKS - kept
    assert resumed.code == 0
    assert scratch_files(tmp_path / "out") == []
    with running_host() as calm:
        whole = transcribe(inbox, tmp_path / "calm", url=calm.url, values=IN_CHUNKS)
    assert texts(resumed.output) == texts(whole.output)


def test_a_killed_run_leaves_no_process_and_the_next_one_no_scratch(tmp_path: Path) -> None:
    inbox = recordings(tmp_path / "inbox", 3, seconds=25)
    faults = faults_file(tmp_path, "fault: slow, delay: 3s")
    values = (f"service.faults={faults}", "audio.split.longer_than=11s", "audio.split.target=10s")
    process = transcribing(inbox, tmp_path / "out", values=values)
    wait_until(lambda: bool(list((tmp_path / "out").rglob("chunk-*.wav"))), process)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2, "a worker and its host"
    process.kill()
    process.communicate()
    assert psutil.wait_procs(family, timeout=10)[1] == []
    assert scratch_files(tmp_path / "out") != []
    ended = transcribe(inbox, tmp_path / "out")
    assert ended.code == 0
    assert scratch_files(tmp_path / "out") == []


def test_a_crash_of_the_native_library_costs_a_restart_and_nothing_else(tmp_path: Path) -> None:
    inbox = recordings(tmp_path / "inbox", 8)
    with running_host(faults=faults_file(tmp_path, "fault: slow, delay: 200ms")) as slow:
        process = transcribing(inbox, tmp_path / "out", url=slow.url, values=("service.sessions=2",))
        wait_until(lambda: len(ask(tmp_path / "out", "SELECT name FROM files")) >= 3, process)
        worker(process).send_signal(signal.SIGSEGV)
        ended = finish(process, tmp_path / "out")
    assert ended.code == 0, ended.err
    assert "the process died of SIGSEGV" in ended.err
    assert sorted(ask(tmp_path / "out", "SELECT DISTINCT status FROM files")) == [("done",)]
    assert len(ended.having("done")) + len(ended.having("skipped")) == 8
    assert ended.manifest["totals"]["failed"] == 0


def test_a_recording_at_which_the_process_always_dies_is_failed_as_crashed_and_all_others_are_done(
    tmp_path: Path,
) -> None:
    inbox = recordings(tmp_path / "inbox", 6)
    noise(inbox / "poison.wav", 2.0, seed=99)
    (tmp_path / "options.csv").write_text("path,language\npoison.wav,de-DE\n")
    rule = "fault: silent, query: {language: de-DE}"
    values = (f"input.options={tmp_path / 'options.csv'}", "service.patience=60s", "service.sessions=2")
    with running_host(faults=faults_file(tmp_path, rule)) as host:
        process = transcribing(inbox, tmp_path / "out", url=host.url, values=values)
        killer = threading.Thread(target=_crash_at, args=(process, tmp_path / "out", "poison.wav"))
        killer.start()
        ended = finish(process, tmp_path / "out")
        killer.join()
    assert ended.code == 1, ended.err
    entry = ended.entries["poison.wav"]
    assert (entry["status"], entry["error"]["code"]) == ("failed", "crashed")
    assert sorted(ask(tmp_path / "out", "SELECT name FROM files WHERE status = 'done'")) == [
        (f"f0{number}.wav",) for number in range(6)
    ]


def _crash_at(process: subprocess.Popen[str], output: Path, name: str) -> None:
    """SIGSEGV for each worker once it is at this recording: what a bug of the SDK would do."""
    dead: set[int] = set()
    while process.poll() is None:
        time.sleep(0.1)
        with suppress(psutil.NoSuchProcess):
            active = ask(output, f"SELECT name FROM in_flight WHERE active = 1 AND name = '{name}'")
            for child in psutil.Process(process.pid).children() if active else []:
                if child.pid not in dead and time.time() - child.create_time() > 1.0:
                    dead.add(child.pid)
                    child.send_signal(signal.SIGSEGV)


def test_a_failed_recording_is_tried_again_only_if_that_is_wanted(tmp_path: Path) -> None:
    inbox, out = recordings(tmp_path / "inbox", 2), tmp_path / "out"
    (inbox / "broken.wav").write_bytes(b"not a recording" * 9)

    def again(*arguments: str) -> Ended:
        return finish(start("transcribe", inbox, "-o", out, "--service", host.url, *settings(*QUICK), *arguments), out)

    with running_host() as host:
        assert again().code == 1
        left_alone = again("--no-retry-failed")
        assert (left_alone.code, left_alone.entries["broken.wav"]["reason"]) == (0, "failed-before")
        assert again().code == 1
        noise(inbox / "broken.wav", 1.0, seed=4)
        assert again("--no-retry-failed").entries["broken.wav"]["status"] == "done"
        assert host.health()["sessions"]["total"] == 3
        assert again("--force").having("done") == ["broken.wav", "f00.wav", "f01.wav"]
        assert host.health()["sessions"]["total"] == 6
