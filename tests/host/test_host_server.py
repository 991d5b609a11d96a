"""The host as a process: who is let in, what it says of itself, and how it ends."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from host_process import Host, host_command, running_host
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from pipeline.host import frames

V1 = "/speech/recognition/conversation/cognitiveservices/v1?language=en-us"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with running_host() as running:
        yield running


@pytest.fixture(scope="module")
def locked() -> Iterator[Host]:
    with running_host(env={"SPEECH_HOST_KEY": "sesame"}) as running:
        yield running


def dial(host: Host, path: str = V1, **headers: str) -> int:
    """The status of an upgrade request."""

    async def go() -> int:
        try:
            async with connect(f"{host.url}{path}", additional_headers=headers):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    return asyncio.run(go())


def talk(host: Host, *messages: str | bytes, path: str = V1) -> list[str]:
    """What the host answers, as message paths, or `closed CODE REASON`."""

    async def go() -> list[str]:
        said = []
        async with connect(f"{host.url}{path}") as socket:
            for message in messages:
                await socket.send(message)
            try:
                while True:
                    answer = await asyncio.wait_for(socket.recv(), 5)
                    said.append(frames.parse(answer).headers["path"])
                    if said[-1] == "turn.end":
                        return said
            except ConnectionClosed as closed:
                assert closed.rcvd is not None
                return [*said, f"closed {closed.rcvd.code} {closed.rcvd.reason}"]

    return asyncio.run(go())


CONTEXT = frames.client_text("speech.context", "1", {})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Ocp-Apim-Subscription-Key": "open"}, 401),
        ({"Ocp-Apim-Subscription-Key": "sesame"}, 101),
        ({"Authorization": "Bearer sesame"}, 101),
        ({"Authorization": "Bearer other"}, 401),
    ],
)
def test_a_host_with_a_key_lets_in_who_has_it(locked: Host, headers: dict[str, str], status: int) -> None:
    assert dial(locked, **headers) == status


def test_a_host_without_a_key_is_not_for_web_pages(host: Host) -> None:
    assert dial(host, Origin="https://example.org") == 403
    assert dial(host) == 101


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (V1, 101),
        ("/anything/else", 101),
        (V1.replace("en-us", "ja-JP"), 400),
        ("/x?from=en-US&to=ja", 400),
        ("/x?from=en-US&to=de", 101),
    ],
)
def test_languages_in_the_address_are_checked_at_the_upgrade(host: Host, path: str, status: int) -> None:
    assert dial(host, path) == status


@pytest.mark.parametrize(
    ("messages", "answer"),
    [
        ([CONTEXT, frames.client_audio("1", b"")], ["turn.start", "speech.endDetected", "speech.phrase", "turn.end"]),
        ([CONTEXT, frames.client_audio("1", b"OggS")],
         ["turn.start", "closed 1007 the audio does not begin with a RIFF header"]),
        (["nonsense"], ["closed 1007 a text message without an empty line after its headers"]),
        ([b"\x00"], ["closed 1007 a binary message without a header length"]),
        ([frames.client_text("speech.context", "1", {"phraseDetection": {"language": "xx-XX"}})],
         ["closed 1007 language xx-XX is not supported by scripted"]),
        ([frames.client_text("speech.context", "1", {"synthesis": {}})],
         ["closed 1007 speech synthesis is not supported"]),
    ],
)  # fmt: skip
def test_bytes_are_answered_as_the_service_answers_them(
    host: Host, messages: list[str | bytes], answer: list[str]
) -> None:
    assert talk(host, *messages) == answer


def test_audio_of_a_turn_that_was_never_opened_is_ignored(host: Host) -> None:
    assert talk(host, frames.client_audio("9", b"x"), CONTEXT, frames.client_audio("1", b""))[-1] == "turn.end"


def test_health_counts_what_happened(host: Host) -> None:
    before = host.health()
    talk(host, CONTEXT, frames.client_audio("1", b""))
    after = host.health()
    assert after["turns"] == before["turns"] + 1
    assert after["model"] == host.model == "scripted"
    assert after["languages"] == ["de", "en", "es", "fr"]


@pytest.mark.parametrize("path", ["/health", "/status", "/ready"])
def test_health_needs_no_key_and_tells_no_key(locked: Host, path: str) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{locked.port}{path}", timeout=5) as answer:
        assert "sesame" not in answer.read().decode()


def failed(*options: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "host", "--ear", "scripted", *options],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env=env,
    )
    return done.returncode, done.stderr + done.stdout


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--bind", "0.0.0.0"], 2, "needs a key"),
        (["--bind", "example.org"], 2, "needs a key"),
        (["--faults", "/nowhere.yaml"], 2, "/nowhere.yaml: No such file or directory"),
        (["--translator", "babelfish"], 2, "babelfish"),
        (["--list-languages"], 0, "scripted hears: de en es fr"),
    ],
)
def test_a_host_that_cannot_start_says_why(options: list[str], code: int, words: str) -> None:
    found_code, said = failed(*options)
    assert found_code == code
    assert words in said


def test_a_port_that_is_taken_is_named(host: Host) -> None:
    code, said = failed("--port", str(host.port))
    assert code == 2
    assert f"cannot listen on 127.0.0.1:{host.port}" in said


def test_a_host_may_be_reached_from_elsewhere_with_a_key() -> None:
    with running_host(bind="0.0.0.0", key="sesame") as host:
        assert host.url == f"ws://0.0.0.0:{host.port}"
        assert dial(host, **{"Ocp-Apim-Subscription-Key": "sesame"}) == 101


def test_a_stopped_host_exits_cleanly_with_a_session_open() -> None:
    with running_host() as host:

        async def go() -> int:
            async with connect(f"{host.url}{V1}") as socket:
                await socket.send(CONTEXT)
                await socket.recv()
                return await asyncio.to_thread(host.stop)

        assert asyncio.run(go()) == 0


def test_a_host_does_not_outlive_the_process_that_asked_for_it(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)\n"
        "print(child.pid, flush=True); child.stdout.readline(); print('ready', flush=True); time.sleep(60)\n"
    )
    command = host_command(parent_pid=None)
    # The parent's own pid is only known inside it: the shell of the test replaces the placeholder.
    script.write_text(
        script.read_text().replace("sys.argv[1:]", "[*sys.argv[1:], '--parent-pid', str(__import__('os').getpid())]")
    )
    parent = subprocess.Popen([sys.executable, str(script), *command], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert parent.stdout.readline() == "ready\n"
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_parent_that_is_already_gone_ends_the_host_at_once() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert (
        subprocess.run(host_command(parent_pid=gone.pid), timeout=20, check=False, capture_output=True).returncode == 0
    )


def test_the_line_on_standard_output_is_one_json_object() -> None:
    with running_host() as host:
        health: dict[str, Any] = json.loads(
            urllib.request.urlopen(f"http://127.0.0.1:{host.port}/health", timeout=5).read()
        )
        assert health["sessions"] == {"open": 0, "total": 0}
