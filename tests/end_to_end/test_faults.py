"""What does a run make of each fault of the service? The real command, the real SDK, a real host that misbehaves."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from host_process import running_host
from runs import QUICK, Ended, faults_file, finish, noise, recordings, scratch_files, settings, start, transcribe

# Language of one recording (a rule can ask for it), the fault it meets, and what the manifest then says.
OF_ONE_FILE = {
    "de-DE": ("fault: silent, after_audio: 300ms", "stalled", True, 2),
    "de-AT": ("fault: malformed", "service-error", True, 2),
    "fr-FR": ("fault: phrase, status: Error", "service-error", True, 2),
    "fr-CA": ("fault: phrase, status: BadRequest", "bad-request", False, 1),
    "es-ES": ("fault: drop, after_audio: 300ms", "connection-lost", True, 2),
    "es-MX": ("fault: close, code: 1007, reason: no such thing", "bad-request", False, 1),
    "sv-SE": ("fault: status, status: 400", "bad-request", False, 1),
    "da-DK": ("fault: status, status: 404", "not-found", False, 1),
    "fi-FI": ("fault: status, status: 500", "service-error", True, 2),
    "nb-NO": ("fault: hang", "stalled", True, 2),
}


# One process runs all that look at the same run.
of_the_ill_run = pytest.mark.xdist_group("ill run")


@pytest.fixture(scope="module")
def ill(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One run in which every recording but three meets a fault of its own, and one cannot be decoded."""
    folder = tmp_path_factory.mktemp("ill")
    inbox = recordings(folder / "inbox", 3)
    rows = ["path,language"]
    for number, language in enumerate(OF_ONE_FILE):
        noise(inbox / f"{language}.wav", 1.0, seed=100 + number)
        rows.append(f"{language}.wav,{language}")
    (inbox / "broken.mp3").write_bytes(b"this is no audio at all" * 50)
    (folder / "options.csv").write_text("\n".join(rows) + "\n")
    rules = [f"{fault}, query: {{language: {language}}}" for language, (fault, *_) in OF_ONE_FILE.items()]
    faults = faults_file(folder, *rules)
    return transcribe(
        inbox,
        folder / "out",
        values=(f"service.faults={faults}", f"input.options={folder / 'options.csv'}", "run.attempts=2"),
    )


@of_the_ill_run
def test_a_bad_recording_or_a_fault_of_its_own_costs_no_other_recording(ill: Ended) -> None:
    assert ill.code == 1
    assert ill.having("done") == ["f00.wav", "f01.wav", "f02.wav"]
    assert all((ill.output / f"f0{number}{suffix}").exists() for number in range(3) for suffix in (".json", ".srt"))
    assert ill.manifest["run"]["exit_code"] == 1
    assert {key: ill.manifest["totals"][key] for key in ("files", "done", "failed", "skipped")} == {
        "files": 14,
        "done": 3,
        "failed": 11,
        "skipped": 0,
    }


@of_the_ill_run
@pytest.mark.parametrize("language", OF_ONE_FILE)
def test_a_fault_that_stays_is_told_with_its_code_and_every_attempt(ill: Ended, language: str) -> None:
    _, code, retryable, attempts = OF_ONE_FILE[language]
    entry = ill.entries[f"{language}.wav"]
    error = entry["error"]
    found = (entry["status"], error["code"], error["stage"], error["retryable"], entry["attempts"])
    assert found == ("failed", code, "recognise", retryable, attempts), entry
    assert [fault["code"] for fault in entry["tried"]] == [code] * attempts
    assert error["message"]
    assert entry["outputs"] == []
    assert not list(ill.output.glob(f"{language}.*"))


@of_the_ill_run
def test_a_recording_that_cannot_be_decoded_is_told_with_its_stage(ill: Ended) -> None:
    error = ill.entries["broken.mp3"]["error"]
    assert (error["stage"], error["retryable"]) == ("convert", False)
    assert error["code"].startswith("audio-")


@of_the_ill_run
def test_every_failed_file_is_named_in_the_summary_with_its_reason(ill: Ended) -> None:
    for language, (_, code, *_) in OF_ONE_FILE.items():
        assert f"failed: {language}.wav: {code}: " in ill.out
    assert "failed: broken.mp3: audio-" in ill.out


@of_the_ill_run
def test_nothing_is_left_in_the_scratch_folder_after_faults(ill: Ended) -> None:
    assert scratch_files(ill.output) == []


@pytest.mark.parametrize(
    ("rule", "code", "most_sessions"),
    [
        ("fault: status, status: 401", "authentication", 4),
        ("fault: status, status: 403", "authentication", 4),
        ("fault: status, status: 429", "throttled", 60),
        ("fault: status, status: 503", "unreachable", 60),
        ("fault: reset", "unreachable", 60),
        ("fault: phrase, status: Forbidden", "quota", 20),
        ("fault: phrase, status: TooManyRequests", "throttled", 60),
        ("fault: silent", "stalled", 60),
    ],
)
def test_a_service_that_only_refuses_ends_the_run_early_with_4(
    tmp_path: Path, rule: str, code: str, most_sessions: int
) -> None:
    inbox = recordings(tmp_path / "inbox", 30)
    with running_host(faults=faults_file(tmp_path, rule)) as host:
        ended = transcribe(inbox, tmp_path / "out", url=host.url, values=("run.attempts=2", "run.give_up=2s"))
        assert host.health()["sessions"]["total"] <= most_sessions
    assert ended.code == 4, ended.out
    failed = [ended.entries[name]["error"]["code"] for name in ended.having("failed")]
    assert failed
    assert set(failed) == {code}
    assert len(ended.having("pending")) >= 30 - len(failed)
    assert not ended.having("done")


def test_a_refused_key_stops_its_endpoint_at_once_and_the_other_does_the_work(tmp_path: Path) -> None:
    inbox = recordings(tmp_path / "inbox", 12)
    with (
        running_host(faults=faults_file(tmp_path, "fault: status, status: 401")) as locked,
        running_host() as healthy,
    ):
        config = two_endpoints(tmp_path, inbox, locked.url, healthy.url)
        ended = finish(start("run", config, *settings(*QUICK)), tmp_path / "out")
        assert locked.health()["sessions"]["total"] <= 4
    assert ended.code == 0, ended.out
    assert len(ended.having("done")) == 12


def two_endpoints(folder: Path, inbox: Path, first: str, second: str) -> Path:
    config = folder / "config.yaml"
    config.write_text(
        f"input: {{paths: [{inbox}]}}\n"
        "service:\n"
        "  kind: azure\n"
        "  endpoints:\n"
        f"    - {{name: first, host: '{first}'}}\n"
        f"    - {{name: second, host: '{second}'}}\n"
        "output: {folder: out}\n"
    )
    return config


@contextmanager
def deaf_port() -> Iterator[str]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def refused_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    yield f"ws://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [(refused_port, "unreachable", "Connection refused"), (deaf_port, "stalled", "no word from the service")],
)
def test_an_address_at_which_nobody_answers_ends_the_run_with_4(
    tmp_path: Path, address: object, code: str, said: str
) -> None:
    inbox = recordings(tmp_path / "inbox", 5)
    with address() as url:  # type: ignore[operator]
        ended = transcribe(inbox, tmp_path / "out", url=url, values=("run.attempts=2", "run.give_up=2s"))
    assert ended.code == 4
    codes = {ended.entries[name]["error"]["code"] for name in ended.having("failed")}
    assert codes == {code}
    assert said in ended.out


def test_faults_that_pass_cost_tries_and_no_file(tmp_path: Path) -> None:
    rules = [
        "fault: status, status: 429, sessions: [1, 2, 3]",
        "fault: status, status: 503, sessions: [4, 5, 6]",
        "fault: silent, sessions: [7]",
        "fault: malformed, sessions: [8, 9, 10, 11]",
        "fault: phrase, status: Error, sessions: [12, 13, 14, 15]",
        "fault: drop, after_audio: 500ms, sessions: [16, 17, 18, 19]",
        "fault: hang, sessions: [20]",
        "fault: reset, sessions: [21, 22]",
    ]
    inbox = recordings(tmp_path / "inbox", 20)
    with running_host(faults=faults_file(tmp_path, *rules)) as host:
        ended = transcribe(inbox, tmp_path / "out", url=host.url)
        struck = host.health()["faults"]
    assert ended.code == 0, ended.out
    assert len(ended.having("done")) == 20
    assert struck == {"drop": 4, "hang": 1, "malformed": 4, "phrase": 4, "reset": 2, "silent": 1, "status": 6}
    tried = [fault["code"] for entry in ended.entries.values() for fault in entry.get("tried", [])]
    assert "stalled" in tried
    assert all(entry["attempts"] >= 1 for entry in ended.entries.values())


def test_a_connection_lost_in_mid_stream_goes_on_where_it_was(tmp_path: Path) -> None:
    inbox = recordings(tmp_path / "inbox", 2, seconds=12)
    with running_host() as host:
        calm = transcribe(inbox, tmp_path / "calm", url=host.url)
    with running_host(faults=faults_file(tmp_path, "fault: drop, after_phrases: 1, chance: 0.6")) as host:
        dropped = transcribe(inbox, tmp_path / "dropped", url=host.url, values=("run.attempts=20",))
        assert host.health()["faults"]["drop"] > 0
    assert (calm.code, dropped.code) == (0, 0)
    for name in ("f00.srt", "f01.srt", "f00.txt", "f01.txt"):
        assert (dropped.output / name).read_bytes() == (calm.output / name).read_bytes()


def test_the_embedded_host_is_started_again_when_it_dies(tmp_path: Path) -> None:
    inbox = recordings(tmp_path / "inbox", 12)
    faults = faults_file(tmp_path, die_after_sessions=5)
    ended = transcribe(inbox, tmp_path / "out", values=(f"service.faults={faults}", "run.attempts=3"))
    assert ended.code == 0, ended.out + ended.err
    assert len(ended.having("done")) == 12
    assert "starting it again" in ended.err
