"""What may somebody do to the host who means harm? Be refused, and leave it as it was."""

from __future__ import annotations

import contextlib
import json
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from host_process import Host, running_host

from pipeline.host import faults, frames, messages, server
from pipeline.host.frames import BadFrame
from pipeline.host.hearing import script
from pipeline.host.journal import harmless_query
from pipeline.host.strict import BadFile
from pipeline.host.translating import store
from pipeline.host.translating.hub import is_wanted
from pipeline.host.translating.layouts import BadModel, read
from pipeline.host.wanted import Wanted, dialled, wanted

V1 = "/speech/recognition/conversation/cognitiveservices/v1?language=en-us"


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "wire.jsonl"


@pytest.fixture(scope="module")
def locked(journal: Path) -> Iterator[Host]:
    with running_host(env={"SPEECH_HOST_KEY": "sesame"}, record=journal) as running:
        yield running


def asked(host: Host, *lines: bytes, path: str = V1) -> bytes:
    """The first line that answers an upgrade with these header lines."""
    head = [f"GET {path} HTTP/1.1".encode(), b"Host: x", b"Upgrade: websocket", b"Connection: Upgrade"]
    head += [b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", *lines, b"", b""]
    with socket.create_connection(("127.0.0.1", host.port), timeout=10) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(b"\r\n".join(head))
        with contextlib.suppress(ConnectionError):
            return line.recv(4096).partition(b"\r\n")[0]
    return b""


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ([b"Ocp-Apim-Subscription-Key: sesame"], b"HTTP/1.1 101 Switching Protocols"),
        ([b"Ocp-Apim-Subscription-Key: \xff\xfe"], b"HTTP/1.1 401 Unauthorized"),
        ([b"Authorization: Bearer \xe4"], b"HTTP/1.1 401 Unauthorized"),
        ([b"Ocp-Apim-Subscription-Key: sesam"], b"HTTP/1.1 401 Unauthorized"),
    ],
)
def test_an_upgrade_is_answered_whatever_its_headers_hold(locked: Host, lines: list[bytes], answer: bytes) -> None:
    assert asked(locked, *lines) == answer


@pytest.mark.parametrize("lines", [[b"X: " + b"y" * 100_000], [b"X: y"] * 1_000])
def test_headers_without_measure_are_not_read(locked: Host, lines: list[bytes]) -> None:
    # Which status depends on the library's version; where it hangs up on unread bytes the answer may be lost.
    answer = asked(locked, b"Ocp-Apim-Subscription-Key: sesame", *lines)

    assert not answer or answer.split()[1] in (b"400", b"431")
    assert locked.health()["status"] == "ok"


def test_a_key_in_the_address_stays_out_of_the_journal(locked: Host, journal: Path) -> None:
    asked(locked, path=f"{V1}&Subscription-Key=s3cret&access_token=t0ken")

    written = journal.read_text()
    assert "s3cret" not in written and "t0ken" not in written and "sesame" not in written
    assert harmless_query({"key": ("k",), "language": ("de",)}) == {"key": ["***"], "language": ["de"]}


@pytest.mark.parametrize("body", ['{"a":' * 100_000, "[" * 100_000, "9" * 10_000, "{}x", '"\\ud800'])
def test_a_context_that_is_no_object_is_a_bad_frame(body: str) -> None:
    with pytest.raises(BadFrame):
        messages.read(f"Path:speech.context\r\nX-RequestId:1\r\n\r\n{body}")


@pytest.mark.parametrize(
    "context",
    [
        {"dgi": {"Groups": [{"Items": 5}, {"Items": "ab"}, 7, {"Items": [{"Text": 1}]}]}},
        {"phraseDetection": {"initialSilenceTimeout": "\u00b2"}},
        {"phraseDetection": {"initialSilenceTimeout": "9" * 5_000}},
        {"continuation": {"audio": {"streams": {"1": {"offset": 10**400}}}}},
        {"continuation": {"audio": {"streams": {"1": {"offset": -1}}}}},
    ],
)
def test_numbers_and_lists_that_are_none_count_as_not_said(context: dict[str, Any]) -> None:
    assert wanted(dialled(V1), context) == Wanted("conversation", ("en-us",))


def test_connections_beyond_all_measure_are_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from pipeline.host.hearing.scripted import ScriptedEar
    from pipeline.host.service import Service

    monkeypatch.setattr(server, "_MOST_CONNECTIONS", 2)

    async def held() -> list[bytes]:
        door = server.Door(Service(ScriptedEar()))
        listening = await server._listen(door, server.Address())
        port = listening.sockets[0].getsockname()[1]
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        last = await asyncio.wait_for(lines[2][0].read(), 10)
        for _, writer in lines:
            writer.close()
        listening.close()
        return [last]

    assert asyncio.run(held()) == [b""]
    assert server.Client.connected == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"seed: \xff", "not UTF-8 text"),
        (b"[" * 100_000, "not YAML"),
        (b"seed: 2001-99-99", "not YAML: month must be in 1..12"),
        (b"seed: !!python/object/apply:os.system [x]", "not YAML"),
    ],
)
def test_a_file_that_is_no_file_of_ours_is_said_to_be_wrong(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(data)

    for load in (faults.load, script.load):
        with pytest.raises(BadFile, match=words):
            load(path)


@pytest.mark.parametrize(
    ("name", "taken"),
    [("model.bin", True), ("source.spm", True), ("../../x.spm", False), ("/x.spm", False), ("run.py", False)],
)
def test_only_files_at_the_top_of_a_repository_are_fetched(name: str, taken: bool) -> None:
    assert is_wanted(name) is taken


def test_an_argos_package_that_is_built_to_break_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECH_PIPELINE_MODELS", str(tmp_path / "cache"))
    package = tmp_path / "en_de.argosmodel"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p/model/a", b"x" * 10_000)
        archive.writestr("p/model/a/b", b"a file where a folder must be")

    with pytest.raises(BadModel, match="not an Argos package"):
        store.found(package)
    package.write_bytes(package.read_bytes().replace(b"\x4b\x4c", b"\xff\xff", 1)[:60] + b"\0" * 40)
    with pytest.raises(BadModel, match="not an Argos package"):
        store.found(package)


def test_a_vocabulary_that_is_none_is_a_bad_model(tmp_path: Path) -> None:
    for name, text in (("sentencepiece.bpe.model", "x"), ("shared_vocabulary.json", "[" * 100_000)):
        (tmp_path / name).write_text(text)

    with pytest.raises(BadModel, match="cannot be read"):
        read(tmp_path)
    (tmp_path / "shared_vocabulary.json").write_text(json.dumps({"a": 1}))
    with pytest.raises(BadModel, match="not a list"):
        read(tmp_path)


def test_a_frame_is_not_believed_about_its_own_length() -> None:
    with pytest.raises(BadFrame):
        frames.parse(b"\xff\xff" + b"Path:audio\r\n")
