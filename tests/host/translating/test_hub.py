"""Models by name, from a server on this machine that answers as the hub does."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.host.translating import open_translator, store
from pipeline.host.translating.layouts import BadModel
from pipeline.host.translating.translator import TranslatorMissing

constants = pytest.importorskip("huggingface_hub.constants")
pytest.importorskip("ctranslate2")

REVISION = "0123456789abcdef0123456789abcdef01234567"
NAME = "gaudi/opus-mt-en-de-ctranslate2"


class Hub:
    """Serves a folder as one repository; `spoilt` is a file whose bytes are not those it states."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.spoilt = ""
        self.asked: list[str] = []

    def about(self) -> dict[str, Any]:
        siblings: list[dict[str, Any]] = [{"rfilename": "README.md", "size": 3, "blobId": "0"}]
        for path in sorted(self.folder.iterdir()):
            data = path.read_bytes()
            git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            large = {"lfs": {"sha256": hashlib.sha256(data).hexdigest()}} if path.suffix in (".bin", ".spm") else {}
            siblings.append({"rfilename": path.name, "size": len(data), "blobId": git, **large})
        return {"sha": REVISION, "siblings": siblings}

    def answer(self, path: str) -> bytes | None:
        self.asked.append(path)
        if path == "/":
            return b"here"
        if path == f"/api/models/{NAME}?blobs=true":
            return json.dumps(self.about()).encode()
        name = path.removeprefix(f"/{NAME}/resolve/{REVISION}/")
        if name == path or not (self.folder / name).is_file():
            return None
        return (self.folder / name).read_bytes() + (b"!" if name == self.spoilt else b"")


@pytest.fixture
def hub(toys: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    served = Hub(toys / "opus-mt-en-de")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = served.answer(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield served
    server.shutdown()
    server.server_close()


def test_a_model_is_fetched_once_by_its_name(hub: Hub, cache: Path) -> None:
    seen: list[tuple[int, int]] = []
    translator = open_translator("opus-mt-en-de", lambda done, total: seen.append((done, total)))
    assert translator is not None
    assert translator.translate(["Good night."], "en", "de") == ["Gute Nacht."]
    total = sum(path.stat().st_size for path in hub.folder.iterdir())
    assert seen == sorted(seen)
    assert seen[-1] == (total, total)
    record = json.loads((cache / "translation" / "opus-mt-en-de" / "source.json").read_text())
    assert (record["repository"], record["revision"]) == (NAME, REVISION)
    assert record["sha256"]["model.bin"] == hashlib.sha256((hub.folder / "model.bin").read_bytes()).hexdigest()
    hub.asked.clear()
    assert open_translator("opus-mt-en-de") is not None
    assert hub.asked == []


def test_what_was_fetched_is_found_by_auto(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    store.fetched(NAME, lambda done, total: None)
    monkeypatch.setenv("PATH", "")
    found = open_translator("auto")
    assert found is not None
    assert found.pairs() == (("en", "de"),)


@pytest.mark.parametrize("spoilt", ["model.bin", "shared_vocabulary.json"], ids=["large file", "small file"])
def test_bytes_that_are_not_what_the_hub_states_are_refused(hub: Hub, cache: Path, spoilt: str) -> None:
    hub.spoilt = spoilt
    with pytest.raises(BadModel, match=f"{spoilt} is not what the hub says it is; nothing was kept"):
        open_translator("opus-mt-en-de")
    assert [path.name for path in (cache / "translation").iterdir()] == [".opus-mt-en-de.lock"]


def test_bytes_that_changed_since_they_were_fetched_are_refused(hub: Hub, cache: Path) -> None:
    open_translator("opus-mt-en-de")
    (cache / "translation" / "opus-mt-en-de" / "model.bin").write_bytes(b"other")
    with pytest.raises(BadModel, match=r"model\.bin is not what was fetched; remove the folder"):
        open_translator("opus-mt-en-de")


def test_a_name_that_the_hub_does_not_know_is_missing(hub: Hub) -> None:
    with pytest.raises(TranslatorMissing, match=r"somebody/nothing could not be fetched from .*: HTTP Error 404"):
        open_translator("somebody/nothing")


def test_without_a_network_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("pipeline.host.model_places.ANSWER_WITHIN_S", 0.3)
    with pytest.raises(TranslatorMissing, match="fetch it where there is a network, and name its folder"):
        open_translator("opus-mt-en-de")


@pytest.mark.parametrize("spec", ["babelfish", "", "./nowhere", "apertium,babelfish"])
def test_what_is_no_translator_is_said_with_the_choices(spec: str) -> None:
    if spec.startswith("apertium"):
        spec = "scripted,babelfish"
    with pytest.raises(ValueError, match=r"no translator .*: auto, none, apertium"):
        open_translator(spec)
