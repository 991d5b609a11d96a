"""What does the ledger promise: what was committed is there, whatever happened to the process."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import OutputError
from pipeline.run.ledger import FILE_NAME, SCHEMA_VERSION, Identity, Kept, Ledger
from pipeline.speech.request import Recognised
from pipeline.values import Chunk, Clip, Segment, Word

KEY, OUTPUTS = "recognition", "outputs"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path)
    yield opened
    opened.close()


def identity(name: str, sha256: str = "aa", key: str = KEY) -> Identity:
    return Identity(name, name.removesuffix(".wav"), 10, 20, sha256, key, OUTPUTS)


def chunk(start_ms: int = 0, end_ms: int = 1000, channel: int = 0) -> Chunk:
    return Chunk(Clip(Path("clip.wav"), 9000, channel), start_ms, end_ms)


def kept(text: str = "Hello.", session: str = "s1") -> Kept:
    segment = Segment(
        5,
        900,
        text,
        lexical="hello",
        confidence=0.5,
        language="en-US",
        speaker="Guest-1",
        translations={"de": "Hallo."},
        untranslated={"fr": "no"},
        words=(Word("Hello", 5, 400, 0.9), Word("\ud83d lone", 400, 900)),
    )
    return Kept(Recognised((segment,), session, 2), "west", 3)


def test_a_file_is_known_as_it_was_recorded(ledger: Ledger) -> None:
    ledger.record(identity("a.wav"), "done", '{"source": "a.wav"}', "run", "{}")
    known = ledger.known("a.wav")
    assert known is not None
    assert (known.output, known.bytes, known.mtime_ns, known.sha256) == ("a", 10, 20, "aa")
    assert (known.status, known.recognition_key, known.output_key, known.run_id) == ("done", KEY, OUTPUTS, "run")
    assert known.entry == '{"source": "a.wav"}'
    assert ledger.known("b.wav") is None


def test_the_last_outcome_of_a_file_counts(ledger: Ledger) -> None:
    ledger.record(identity("a.wav"), "failed", "{}", "one")
    ledger.record(identity("a.wav"), "done", "{}", "two", "{}")
    assert ledger.counts() == {"done": 1}
    assert [(name, status, run) for name, status, run, _ in ledger.entries()] == [("a.wav", "done", "two")]


@pytest.mark.parametrize(
    ("status", "sha256", "key", "found"),
    [
        ("done", "aa", KEY, True),
        ("done", "bb", KEY, False),
        ("done", "aa", "other", False),
        ("failed", "aa", KEY, False),
    ],
)
def test_a_twin_is_the_same_bytes_done_under_the_same_settings(
    ledger: Ledger, status: str, sha256: str, key: str, found: bool
) -> None:
    ledger.record(identity("a.wav"), status, "{}", "run", '{"text": "é\ud83d"}')
    twin = ledger.twin(sha256, key)
    assert twin == ('{"text": "é\ud83d"}' if found else None)


def test_a_file_that_changed_and_then_failed_is_nobodys_twin(ledger: Ledger) -> None:
    ledger.record(identity("a.wav", "aa"), "done", "{}", "one", "old")
    ledger.record(identity("a.wav", "bb"), "failed", "{}", "two")
    assert ledger.twin("aa", KEY) is None
    assert ledger.twin("bb", KEY) is None


def test_a_chunk_comes_back_as_it_was_kept(ledger: Ledger) -> None:
    ledger.save_chunk("aa", KEY, chunk(), kept())
    assert ledger.chunk("aa", KEY, chunk()) == kept()


@pytest.mark.parametrize(
    ("sha256", "key", "where"),
    [("bb", KEY, chunk()), ("aa", "other", chunk()), ("aa", KEY, chunk(0, 2000)), ("aa", KEY, chunk(channel=1))],
)
def test_a_chunk_belongs_to_its_bytes_its_settings_and_its_place(
    ledger: Ledger, sha256: str, key: str, where: Chunk
) -> None:
    ledger.save_chunk("aa", KEY, chunk(), kept())
    assert ledger.chunk(sha256, key, where) is None


def test_chunks_outlive_their_recording_until_the_run_ends(ledger: Ledger) -> None:
    ledger.begin_run("run", "now", "s")
    for sha256 in ("aa", "bb"):
        ledger.save_chunk(sha256, KEY, chunk(), kept())
    ledger.record(identity("a.wav", "aa"), "done", "{}", "run", "{}")
    ledger.record(identity("b.wav", "bb"), "failed", "{}", "run")
    assert ledger.chunk("aa", KEY, chunk()) is not None
    ledger.end_run("run", "later", 1, {"done": 1})
    assert ledger.chunk("aa", KEY, chunk()) is None
    assert ledger.chunk("bb", KEY, chunk()) is not None


def test_a_file_is_suspect_once_for_each_crash_it_was_in_flight_at(ledger: Ledger) -> None:
    ledger.suspects()
    for name in ("a", "b", "c"):
        ledger.enter(name)
    ledger.leave("b")
    ledger.record(identity("c"), "done", "{}", "run", "{}")
    ledger.crashed()
    assert ledger.suspects() == {"a": 1}
    ledger.enter("a")
    ledger.crashed()
    assert ledger.suspects() == {"a": 2}
    ledger.record(identity("a"), "failed", "{}", "run")
    assert ledger.suspects() == {}


def test_what_a_killed_run_left_in_flight_is_not_suspect(ledger: Ledger) -> None:
    ledger.enter("a")
    assert ledger.suspects() == {}


def test_the_last_run_is_told_with_its_totals(ledger: Ledger) -> None:
    assert ledger.last_run() is None
    ledger.begin_run("one", "t1", "s")
    ledger.end_run("one", "t2", 5, {"done": 3})
    expected = {"id": "one", "started_at": "t1", "ended_at": "t2", "exit_code": 5, "totals": {"done": 3}}
    assert ledger.last_run() == expected
    ledger.begin_run("two", "t3", "s")
    last = ledger.last_run()
    assert last is not None
    assert (last["id"], last["ended_at"], last["totals"]) == ("two", None, None)


def test_readers_see_whole_records_while_a_run_writes(tmp_path: Path) -> None:
    writer, reader = Ledger(tmp_path), Ledger(tmp_path)
    seen: list[int] = []

    def look() -> None:
        while not seen or seen[-1] < 200:
            seen.append(sum(reader.counts().values()))

    looking = threading.Thread(target=look)
    looking.start()
    for number in range(200):
        writer.record(identity(f"{number}.wav"), "done", "{}", "run", "{}")
    looking.join(30)
    assert seen == sorted(seen)
    assert seen[-1] == 200
    writer.close()
    reader.close()


def test_many_threads_write_at_once_and_nothing_is_missing(ledger: Ledger) -> None:
    def write(thread: int) -> None:
        for number in range(50):
            ledger.save_chunk(f"{thread}", KEY, chunk(number, number + 1), kept(session=f"{thread}/{number}"))

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for thread_number in range(8):
        for number in range(50):
            found = ledger.chunk(f"{thread_number}", KEY, chunk(number, number + 1))
            assert found is not None
            assert found.result.session_id == f"{thread_number}/{number}"


def test_a_statement_that_fails_undoes_its_record_and_no_other(ledger: Ledger) -> None:
    with pytest.raises(OutputError):
        ledger._database.write(
            ("INSERT INTO in_flight (name, active) VALUES ('half', 1)", ()), ("INSERT INTO nowhere VALUES (1)", ())
        )
    ledger.enter("whole")
    ledger.crashed()
    assert ledger.suspects() == {"whole": 1}


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Ledger(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(OutputError, match="newer version") as caught:
        Ledger(tmp_path)
    assert caught.value.hint == "update speech-pipeline, or choose another output folder"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("ended", [True, False], ids=["after a run", "after a crash"])
def test_a_ledger_in_a_folder_that_may_only_be_read_is_read(tmp_path: Path, ended: bool) -> None:
    ledger = Ledger(tmp_path / "state")
    ledger.record(identity("a.wav"), "done", "{}", "run")
    if ended:
        ledger.close()
    program = (
        "import os, sys; from pathlib import Path; from pipeline.run.ledger import Ledger\n"
        "from pipeline.errors import OutputError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "print(Ledger(Path(sys.argv[1]), to_read=True).counts())\n"
        "try: Ledger(Path(sys.argv[1]))\n"
        "except OutputError as error: print(error.code)\n"
    )
    with tempfile.TemporaryDirectory() as elsewhere:  # pytest's own folders are private
        folder = Path(elsewhere) / "state"
        shutil.copytree(tmp_path / "state", folder)
        Path(elsewhere).chmod(0o755)
        done = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, timeout=60)
    ledger.close()
    assert done.stdout.splitlines() == ["{'done': 1}", "output-unwritable"], done.stderr


@pytest.mark.parametrize("damage", ["text", "torn", "folder"])
def test_a_damaged_ledger_is_told_with_the_next_step(tmp_path: Path, damage: str) -> None:
    if damage == "folder":
        (tmp_path / FILE_NAME).mkdir()
    elif damage == "text":
        (tmp_path / FILE_NAME).write_text("this is no ledger " * 100)
    else:
        made = Ledger(tmp_path)
        for number in range(50):
            made.record(identity(f"{number}.wav"), "done", "{}" * 500, "run", "{}")
        made.close()
        whole = (tmp_path / FILE_NAME).read_bytes()
        (tmp_path / FILE_NAME).write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(OutputError) as caught:
        opened = Ledger(tmp_path)
        list(opened.entries())
    assert str(tmp_path / FILE_NAME) in caught.value.message
    if damage != "folder":
        assert caught.value.code == "ledger-damaged"
        assert caught.value.hint is not None
        assert "move it away" in caught.value.hint


# A run in small: files of a few chunks each, worked on side by side, by a process that dies when it will. What the
# disk holds at that moment is what a copy of the files holds; the copy is what the next process finds.

FILES = {"a.wav": 1, "b.wav": 3, "c.wav": 2}


class Sessions:
    """What was sent to the service, and which of it was acknowledged by a commit."""

    def __init__(self) -> None:
        self.sent: dict[tuple[str, int], int] = {}
        self.acknowledged: set[tuple[str, int]] = set()
        self.doubled: list[tuple[str, int]] = []
        self.runs = 0

    def send(self, name: str, number: int) -> Kept:
        if (name, number) in self.acknowledged:
            self.doubled.append((name, number))
        self.sent[name, number] = self.sent.get((name, number), 0) + 1
        return kept(f"{name} {number}", session=f"{name}/{number}/{self.sent[name, number]}")


def work(name: str, ledger: Ledger, sessions: Sessions) -> Iterator[None]:
    """What a job does with the ledger, a step at a time; the process may die after any of them."""
    ledger.enter(name)
    yield
    texts = []
    for number in range(FILES[name]):
        place = chunk(number * 1000, number * 1000 + 1000)
        found = ledger.chunk(name, KEY, place)
        if found is None:
            found = sessions.send(name, number)
            yield
            ledger.save_chunk(name, KEY, place, found)
            sessions.acknowledged.add((name, number))
            yield
        texts.append(found.result.segments[0].text)
    ledger.record(identity(name, name), "done", "{}", "run", " ".join(texts))
    yield


def one_process(folder: Path, choices: Iterator[int], steps: int | None, sessions: Sessions) -> int:
    """Work on what is not done, interleaved as `choices` say, for so many steps; how many files are then done."""
    ledger = Ledger(folder)
    sessions.runs += 1
    ledger.begin_run(f"run {sessions.runs}", "now", "s")
    ledger.suspects()
    running = [work(name, ledger, sessions) for name in FILES if ledger.known(name) is None]
    taken = 0
    while running and (steps is None or taken < steps):
        job = running[next(choices) % len(running)]
        if next(job, StopIteration) is StopIteration:
            running.remove(job)
        taken += 1
    done = ledger.counts().get("done", 0)
    if steps is None:
        ledger.close()
    else:
        _power_off(folder)
    return done


def _power_off(folder: Path) -> None:
    """Only the bytes of this moment go on; the open connection does not get to tidy up."""
    for path in folder.glob(f"{FILE_NAME}*"):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)


@settings(max_examples=80, deadline=None)
@given(
    deaths=st.lists(st.integers(0, 14), max_size=6),
    seed=st.lists(st.integers(0, 2), min_size=1, max_size=40),
)
def test_whenever_the_process_dies_nothing_is_lost_and_nothing_acknowledged_is_sent_again(
    deaths: list[int], seed: list[int]
) -> None:
    sessions = Sessions()
    choices = (seed[number % len(seed)] for number in range(10_000))
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as top:
        folder = Path(top)
        for steps in deaths:
            one_process(folder, choices, steps, sessions)
        assert one_process(folder, choices, None, sessions) == len(FILES)
        ledger = Ledger(folder)
        found = {name: ledger.transcript(name) for name in FILES}
        ledger.close()
    assert sessions.doubled == []
    assert found == {name: " ".join(f"{name} {n}" for n in range(count)) for name, count in FILES.items()}
    # What is sent twice was in flight at a death, and one death interrupts each file once at most.
    assert all(times <= 1 + len(deaths) for times in sessions.sent.values())


@settings(max_examples=60, deadline=None)
@given(cut=st.floats(0, 1))
def test_a_power_loss_that_tears_the_journal_costs_only_its_tail(cut: float) -> None:
    with tempfile.TemporaryDirectory() as top:
        folder, torn = Path(top) / "whole", Path(top) / "torn"
        ledger = Ledger(folder)
        journal = folder / f"{FILE_NAME}-wal"
        lengths = []
        for number in range(12):
            ledger.save_chunk("aa", KEY, chunk(number, number + 1), kept())
            lengths.append(journal.stat().st_size)
        shutil.copytree(folder, torn)
        ledger.close()
        at = round(lengths[-1] * cut)
        with (torn / journal.name).open("r+b") as stream:
            stream.truncate(at)
        (torn / f"{FILE_NAME}-shm").unlink(missing_ok=True)
        reopened = Ledger(torn)
        found = [reopened.chunk("aa", KEY, chunk(number, number + 1)) is not None for number in range(12)]
        reopened.close()
    assert found == sorted(found, reverse=True), "a prefix of what was committed"
    assert sum(found) >= sum(length <= at for length in lengths)
