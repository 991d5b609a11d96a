"""How does a run end before it is done: Ctrl-C, SIGTERM, a limit, another run, a disk, a file that goes away?"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from host_process import Host, running_host
from runs import ROOT, faults_file, finish, noise, recordings, scratch_files, settings, start, transcribe, transcribing

ONE_BY_ONE = ("service.sessions=1", "service.patience=20s")


def wait_until(true: Callable[[], object], process: subprocess.Popen[str], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert process.poll() is None, f"it ended with {process.returncode}: {process.communicate()}"
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def calm() -> Iterator[Host]:
    with running_host() as host:
        yield host


@contextmanager
def slow_host(folder: Path, delay: str = "300ms") -> Iterator[str]:
    with running_host(faults=faults_file(folder, f"fault: slow, delay: {delay}")) as host:
        yield host.url


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_finishes_what_is_in_flight_and_the_next_run_does_the_rest(
    tmp_path: Path, calm: Host, number: signal.Signals
) -> None:
    inbox, out = recordings(tmp_path / "inbox", 8), tmp_path / "out"
    with slow_host(tmp_path) as url:
        process = transcribing(inbox, out, url=url, values=ONE_BY_ONE)
        wait_until(lambda: len(list(out.glob("*.srt"))) >= 2, process)
        process.send_signal(number)
        stopped = finish(process, out)
    assert stopped.code == 130
    assert "stopping: what is in flight is finished first" in stopped.err
    assert "interrupted: what had finished is kept, run again to finish the rest" in stopped.out
    done, pending = stopped.having("done"), stopped.having("pending")
    assert len(done) >= 2
    assert len(done) + len(pending) == 8
    assert pending
    assert stopped.manifest["run"]["exit_code"] == 130
    assert scratch_files(out) == []
    rest = transcribe(inbox, out, url=calm.url)
    assert rest.code == 0
    assert rest.having("done") == pending


def test_a_second_signal_stops_at_once_however_long_the_service_is_waited_for(tmp_path: Path) -> None:
    inbox, out = recordings(tmp_path / "inbox", 3), tmp_path / "out"
    with running_host(faults=faults_file(tmp_path, "fault: silent")) as host:
        process = transcribing(inbox, out, url=host.url, values=("service.patience=10m", "run.grace=10m"))
        wait_until(lambda: host.health()["faults"].get("silent"), process)
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        assert process.poll() is None, "the first signal waits for what is in flight"
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        stopped = finish(process, out, timeout_s=20)
    assert time.monotonic() - began < 8
    assert stopped.code == 130
    assert len(stopped.having("pending")) == 3
    assert scratch_files(out) == []


def test_the_grace_ends_what_does_not_end_by_itself(tmp_path: Path) -> None:
    inbox, out = recordings(tmp_path / "inbox", 2), tmp_path / "out"
    with running_host(faults=faults_file(tmp_path, "fault: silent")) as host:
        process = transcribing(inbox, out, url=host.url, values=("service.patience=10m", "run.grace=1s"))
        wait_until(lambda: host.health()["faults"].get("silent"), process)
        process.send_signal(signal.SIGTERM)
        stopped = finish(process, out, timeout_s=20)
    assert (stopped.code, len(stopped.having("pending"))) == (130, 2)


def test_ctrl_c_does_not_wait_for_a_host_that_is_still_starting(tmp_path: Path) -> None:
    inbox, out = recordings(tmp_path / "inbox", 2), tmp_path / "out"
    process = transcribing(inbox, out)
    family: list[psutil.Process] = []

    def host_begun() -> bool:
        with suppress(psutil.NoSuchProcess):
            family[:] = psutil.Process(process.pid).children(recursive=True)
        return len(family) >= 2

    wait_until(host_begun, process)
    family[1].suspend()  # as one that loads a large model
    process.send_signal(signal.SIGINT)
    stopped = finish(process, out, timeout_s=40)
    assert stopped.code == 130
    assert psutil.wait_procs(family, timeout=5)[1] == []


@pytest.mark.parametrize(
    ("limit", "least", "most"),
    [
        (("--max-files", "3"), 3, 3),
        (("--max-audio-hours", str(3.5 / 3600)), 3, 3),
        (("--max-time", "1s"), 1, 8),
    ],
)
def test_a_limit_ends_with_5_and_the_next_run_goes_on(
    tmp_path: Path, calm: Host, limit: tuple[str, str], least: int, most: int
) -> None:
    inbox, out = recordings(tmp_path / "inbox", 9), tmp_path / "out"
    with slow_host(tmp_path, "250ms") as url:
        ended = transcribe(inbox, out, *limit, url=url, values=ONE_BY_ONE)
    assert ended.code == 5
    done = ended.having("done")
    assert least <= len(done) <= most
    left = {entry["reason"] or entry["status"] for entry in ended.entries.values() if entry["status"] != "done"}
    assert left <= {"limit", "pending"}
    assert "stopped at a limit: run again to go on" in ended.out
    rest = transcribe(inbox, out, url=calm.url)
    assert (rest.code, len(rest.having("done"))) == (0, 9 - len(done))


def test_of_ten_runs_at_once_on_one_folder_one_works_and_nine_say_so(tmp_path: Path) -> None:
    inbox, out = recordings(tmp_path / "inbox", 2), tmp_path / "out"
    with slow_host(tmp_path, "1s") as url:
        runs = [transcribing(inbox, out, url=url, values=ONE_BY_ONE) for _ in range(10)]
        ended = [finish(process, out, timeout_s=120) for process in runs]
    assert sorted(run.code for run in ended) == [0, *[6] * 9]
    assert all("another run holds the lock" in run.err for run in ended if run.code == 6)
    assert len(ended[0].having("done")) == 2
    assert json.loads(finish(start("status", out, "--json")).out)["done"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("run", "nowhere.yaml"), 2, "nowhere.yaml"),
        (("run", "wrong.yaml"), 2, "wrong.yaml:1: inptu"),
        (("transcribe", "inbox", "-o", "out", "--no-such-option"), 2, "--no-such-option"),
        (
            ("transcribe", "inbox", "-o", "out", "--set", "service.ear=scripted", "--set", "audio.ffmpeg=nope"),
            3,
            "nope",
        ),
        (("transcribe", "inbox", "-o", "out", "--set", "service.model=no-such-model"), 3, "no-such-model"),
        (("transcribe", "inbox", "-o", "out", "--service", "azure"), 4, "AZURE_AI_SPEECH_KEY"),
        (("transcribe", "inbox/nothing", "-o", "out"), 2, "inbox/nothing"),
    ],
)
def test_what_keeps_a_run_from_starting_has_its_exit_code(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (tmp_path / "inbox").mkdir()
    # An mp3 by its name; what is in it does not matter where there is nothing to decode it with.
    (tmp_path / "inbox" / "talk.mp3").write_bytes(b"\xff\xfb\x90\x00" * 400)
    if arguments[-1] == "azure" or "no-such-model" in arguments[-1]:
        (tmp_path / "inbox" / "talk.mp3").unlink()
        noise(tmp_path / "inbox" / "talk.wav")
    (tmp_path / "wrong.yaml").write_text("inptu: {paths: [inbox]}\n")
    ended = finish(start(*arguments, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}))
    assert ended.code == code, ended.err + ended.out
    assert said in ended.err + ended.out


def test_an_output_that_cannot_be_written_fails_its_recording_alone(tmp_path: Path) -> None:
    inbox, out = recordings(tmp_path / "inbox", 3), tmp_path / "out"
    (out / "f01.srt" / "in the way").mkdir(parents=True)
    ended = transcribe(inbox, out)
    assert ended.code == 1
    error = ended.entries["f01.wav"]["error"]
    assert (error["code"], error["stage"]) == ("output-unwritable", "write")
    assert ended.having("done") == ["f00.wav", "f02.wav"]
    shutil.rmtree(out / "f01.srt")
    again = transcribe(inbox, out)
    assert (again.code, again.having("done")) == (0, ["f01.wav"])


def test_an_output_folder_that_cannot_be_is_told_without_a_traceback(tmp_path: Path) -> None:
    inbox = recordings(tmp_path / "inbox", 1)
    (tmp_path / "out").write_text("a file")
    ended = transcribe(inbox, tmp_path / "out")
    assert ended.code != 0
    assert "cannot write" in ended.err


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of that size; skips where none can be mounted."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_full_disk_ends_a_run_with_whole_files_only_and_the_next_run_goes_on(tmp_path: Path) -> None:
    inbox = recordings(tmp_path / "inbox", 6)
    with small_disk(tmp_path / "disk", "2m") as disk, running_host() as host:
        out = disk / "out"
        assert transcribe(inbox, out, "--max-files", "2", url=host.url).code == 5
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as stream, suppress(OSError):
            while True:
                stream.write(b"x" * 4096)
        full = transcribe(inbox, out, url=host.url)
        assert full.code == 1
        assert "No space left on device" in full.err + full.out or "disk is full" in full.err + full.out
        filler.unlink()
        again = transcribe(inbox, out, url=host.url)
        assert again.code == 0
        assert len(again.having("done")) + len(again.having("skipped")) == 6
        assert scratch_files(out) == []
        assert finish(start("verify", out)).code == 0


def test_a_recording_that_vanishes_or_changes_while_it_waits_fails_alone(tmp_path: Path) -> None:
    inbox, out = recordings(tmp_path / "inbox", 5), tmp_path / "out"
    noise(inbox / "first.wav", 9.0, seed=50)
    with running_host(faults=faults_file(tmp_path, "fault: slow, delay: 200ms")) as host:
        process = transcribing(inbox, out, url=host.url, values=ONE_BY_ONE)
        wait_until(lambda: host.health()["sessions"]["total"] == 1, process)
        noise(inbox / "first.wav", 9.0, seed=51)  # while it is being recognised
        (inbox / "f04.wav").unlink()
        ended = finish(process, out)
    assert ended.code == 1, ended.out
    changed, gone = ended.entries["first.wav"]["error"], ended.entries["f04.wav"]["error"]
    assert (changed["code"], changed["retryable"]) == ("source-changed", True)
    assert gone["code"] == "source-gone"
    assert ended.having("done") == ["f00.wav", "f01.wav", "f02.wav", "f03.wav"]
    with running_host() as healthy:
        again = transcribe(inbox, out, url=healthy.url)
        assert healthy.health()["sessions"]["total"] == 1, "nothing of the old bytes was kept for the new ones"
    assert (again.code, again.having("done")) == (0, ["first.wav"])


def test_a_key_from_the_environment_is_in_no_output_no_log_and_no_process_list(tmp_path: Path) -> None:
    secret = "k3y-0123456789abcdef-do-not-tell"
    inbox, out = recordings(tmp_path / "inbox", 2), tmp_path / "out"
    seen: list[str] = []
    with running_host(faults=faults_file(tmp_path, "fault: slow, delay: 1s"), key=None, env={}) as host:
        process = transcribing(
            inbox,
            out,
            "-vv",
            url=host.url,
            values=("service.patience=20s",),
            env={"AZURE_AI_SPEECH_KEY": secret},
        )
        wait_until(lambda: host.health()["sessions"]["total"] >= 1, process)
        for one in psutil.process_iter():
            with suppress(psutil.Error):
                seen += one.cmdline()
        ended = finish(process, out)
    assert ended.code == 0
    assert secret not in "\n".join(seen)
    assert secret not in ended.out + ended.err
    files = [path for path in out.rglob("*") if path.is_file()]
    assert len(files) >= 6
    assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_no_duration_is_measured_by_a_clock_that_can_jump() -> None:
    rooms = [ROOT / "pipeline" / room for room in ("run", "speech", "audio")]
    reading = [
        f"{path.relative_to(ROOT)}:{number}"
        for room in rooms
        for path in room.rglob("*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if "time.time(" in line or "datetime.now(" in line
    ]
    # When a run began and ended is told in wall time; when a token expires is decided by its issuer's.
    assert {place.split(":")[0] for place in reading} <= {"pipeline/run/runner.py", "pipeline/speech/tokens.py"}


def test_a_run_with_the_clock_set_back_is_still_the_last_one(tmp_path: Path) -> None:
    from pipeline.run.ledger import Ledger

    ledger = Ledger(tmp_path)
    ledger.begin_run("first", "2031-01-01T00:00:00.000Z", "s")
    ledger.begin_run("second", "2021-01-01T00:00:00.000Z", "s")
    last = ledger.last_run()
    ledger.close()
    assert last is not None
    assert last["id"] == "second"
    assert os.path.basename(ledger.path) == "ledger.sqlite"  # noqa: PTH119


def test_settings_are_not_needed_for_a_run_to_say_what_it_would_do(tmp_path: Path) -> None:
    inbox = recordings(tmp_path / "inbox", 1)
    (tmp_path / "config.yaml").write_text(f"input: {{paths: [{inbox}]}}\noutput: {{folder: out}}\n")
    planned = finish(start("run", tmp_path / "config.yaml", "--dry-run", *settings("service.ear=scripted")))
    assert planned.code == 0
    assert "recognise" in planned.out
    assert not (tmp_path / "out").exists()
