"""Where are the translation models of this machine, and how does one get here by its name?

A name is a repository on the hub: `owner/name`, or `opus-mt-en-de` for the OPUS-MT models that were converted for
CTranslate2 there. The hub says what every file's hash must be; what was fetched is hashed, kept with its hashes, and
checked against them whenever it is opened. A folder appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import filelock

from pipeline.host import models
from pipeline.host.model_places import Progress
from pipeline.host.translating import hub, layouts
from pipeline.host.translating.layouts import BadModel, Layout

OPUS_OWNER = "gaudi"

_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*|opus-mt-[\w.-]+")
_UNPACKED = ("metadata.json", "sentencepiece.model", "model/*")


def home() -> Path:
    """The folder whose models `--translator auto` uses; what is fetched or unpacked goes there too."""
    return models.cache() / "translation"


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def found(folder: Path) -> list[Layout]:
    """Every model in a folder that is one, or that holds some. Raises BadModel."""
    if folder.is_file() and folder.suffix == layouts.PACKED:
        return [layouts.read(unpacked(folder))]
    if not folder.is_dir():
        raise BadModel(f"{folder} is no folder of translation models")
    if layouts.is_model(folder):
        return [layouts.read(_checked(folder))]
    return [layout for inside in entries(folder) for layout in found(inside)]


def entries(folder: Path) -> Iterator[Path]:
    """The models and packages that lie in a folder, by name."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith("."):
            continue
        if path.suffix == layouts.PACKED or layouts.is_model(path):
            yield path


def unpacked(package: Path) -> Path:
    """The folder of an Argos package, unpacked once: its name holds the package's hash. Raises BadModel."""
    with package.open("rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    target = home() / ".unpacked" / digest[:16] / package.stem
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=target.parent) as scratch:
        _extract(package, Path(scratch) / "package")
        try:
            (Path(scratch) / "package").rename(target)
        except OSError:
            if not target.is_dir():  # or another process was quicker
                raise
    return target


def _extract(package: Path, into: Path) -> None:
    """The members that a model needs, whatever the top folder is called; nothing outside can be written."""
    try:
        with zipfile.ZipFile(package) as archive:
            for member in archive.infolist():
                name = member.filename.partition("/")[2]
                if member.is_dir() or ".." in name or not any(fnmatch(name, wanted) for wanted in _UNPACKED):
                    continue
                path = into / name
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target)
    # zipfile has one error for a broken directory and others for a broken member, a strange packing and a password.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise BadModel(f"{package} is not an Argos package: {error}") from error
    if not into.is_dir():
        raise BadModel(f"{package} holds no model/ and no sentencepiece.model")


def _checked(folder: Path) -> Path:
    """A fetched folder whose bytes are those that came; others are as the user made them."""
    try:
        record = json.loads((folder / models.RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return folder
    wrong = models.wrong_files(folder, record.get("sha256", {}))
    if wrong:
        raise BadModel(f"{folder}: {', '.join(wrong)} is not what was fetched; remove the folder to fetch it again")
    return folder


def fetched(name: str, progress: Progress) -> Path:
    """The folder of a model by its name, downloaded now if it is not here. Raises TranslatorMissing, BadModel."""
    folder = home() / name.replace("/", "--")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder.parent / f".{folder.name}.lock"):
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder.parent) as scratch:
                into = Path(scratch) / folder.name
                into.mkdir()
                record = hub.download(name if "/" in name else f"{OPUS_OWNER}/{name}-ctranslate2", into, progress)
                layouts.read(into)
                (into / models.RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
                into.rename(folder)
    return folder
