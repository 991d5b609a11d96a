"""A key is used and never told: not in a log, an error, a manifest, the ledger, a report or a list of processes."""

from __future__ import annotations

import sqlite3
import threading
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from host_process import Host, running_host
from runs import QUICK, finish, noise, settings, start

KEY = f"{uuid.uuid4().hex}-a-key-that-nobody-may-see"
CONFIG = """
input: {paths: [in]}
output: {folder: out}
service: {kind: azure, host: "%s", key: "${TEAM_KEY}"}
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with running_host(env={"SPEECH_HOST_KEY": KEY}) as running:
        yield running


@pytest.fixture
def config(host: Host, tmp_path: Path) -> Path:
    noise(tmp_path / "in" / "a.wav", seconds=3)
    (tmp_path / "c.yaml").write_text(CONFIG % host.url)
    return tmp_path / "c.yaml"


def kept(folder: Path) -> bytes:
    """Everything below a folder, what the ledger packs unpacked."""
    found = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for ledger in folder.rglob("ledger.sqlite"):
        with sqlite3.connect(ledger) as database:
            for table in ("transcripts", "chunks"):
                found += b"".join(zlib.decompress(body) for (body,) in database.execute(f"SELECT body FROM {table}"))
    return found


def command_lines(of: bytes, until: threading.Event, found: list[bytes]) -> None:
    while not until.wait(0.05):
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_bytes()
            except OSError:
                continue
            if of in line:
                found.append(line)


@pytest.mark.parametrize(("key", "code"), [(KEY, 0), (KEY + "-wrong", 4)], ids=["accepted", "refused"])
def test_no_trace_of_a_key_is_left_by_a_run(config: Path, key: str, code: int) -> None:
    over, seen = threading.Event(), list[bytes]()
    watch = threading.Thread(target=command_lines, args=(KEY.encode(), over, seen))
    watch.start()
    try:
        arguments = ("--log-format", "json", "-vv", "--progress", "json", *settings(*QUICK))
        ended = finish(start("run", config, *arguments, env={"TEAM_KEY": key}))
        said = ended.out + ended.err
        for verb in (["plan", config, "--json"], ["config", "check", config], ["doctor", config, "--json"]):
            told = finish(start(*verb, env={"TEAM_KEY": key}))
            said += told.out + told.err
        for verb in ("status", "verify", "report"):
            said += finish(start(verb, config.parent / "out")).out
    finally:
        over.set()
        watch.join()

    assert ended.code == code
    assert KEY not in said
    assert KEY.encode() not in kept(config.parent / "out")
    assert seen == []


def test_a_key_in_a_config_is_refused_without_being_shown(config: Path) -> None:
    # Another key than the one that the test beside this one looks for among all processes of the machine.
    written = "a-key-that-somebody-wrote-down-0123456789"
    config.write_text(config.read_text().replace("${TEAM_KEY}", written))
    for verb in (["run", config], ["config", "check", config], ["run", config, "--set", f"service.key={written}"]):
        told = finish(start(*verb))
        assert told.code == 2
        assert written not in told.out + told.err and "a secret in the config" in told.out + told.err
