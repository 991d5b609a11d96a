"""How does a model come from the hub, with every byte checked against what the hub says of it?"""

from __future__ import annotations

import http.client
import json
import urllib.request
from fnmatch import fnmatch
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

from pipeline.host.model_places import ANSWER_WITHIN_S, Progress, answers
from pipeline.host.translating.layouts import BadModel
from pipeline.host.translating.translator import TranslatorMissing

WANTED = (
    "model.bin",
    "config.json",
    "*vocabulary.json",
    "*vocabulary.txt",
    "*.spm",
    "sentencepiece.bpe.model",
    "tokenizer_config.json",
    "metadata.json",
)
SILENT_FOR_S = 60.0
BLOCK_BYTES = 1 << 20


def download(repository: str, into: Path, progress: Progress) -> dict[str, Any]:
    """The wanted files of a public repository; what there is to record of them. Raises TranslatorMissing, BadModel."""
    endpoint = _endpoint(repository)
    try:
        with _opened(f"{endpoint}/api/models/{repository}?blobs=true", 10 * ANSWER_WITHIN_S) as answer:
            about = json.load(answer)
        wanted = [file for file in about["siblings"] if is_wanted(file["rfilename"])]
        total_bytes, done_bytes, hashes = sum(file["size"] for file in wanted), 0, {}
        for file in wanted:
            name = file["rfilename"]
            url = f"{endpoint}/{repository}/resolve/{about['sha']}/{name}"
            hashes[name] = _fetch(
                url, into / name, file, lambda seen, before=done_bytes: progress(before + seen, total_bytes)
            )
            done_bytes += file["size"]
    except (OSError, http.client.HTTPException, json.JSONDecodeError, KeyError, TypeError) as error:
        raise TranslatorMissing(f"{repository} could not be fetched from {endpoint}: {error}") from error
    return {"repository": repository, "revision": about["sha"], "source": "hub", "sha256": hashes}


def is_wanted(name: str) -> bool:
    """Whether a file of a repository belongs to a model: one at its top, so that no name leads anywhere else."""
    return "/" not in name and any(fnmatch(name, kind) for kind in WANTED)


def _endpoint(repository: str) -> str:
    try:
        from huggingface_hub import constants
    except ImportError:
        raise TranslatorMissing(f"to fetch {repository}: pip install 'speech-pipeline[local]'") from None
    if constants.HF_HUB_OFFLINE:
        raise TranslatorMissing(f"{repository} is not on this machine, and HF_HUB_OFFLINE forbids to fetch it")
    if not answers(constants.ENDPOINT):
        raise TranslatorMissing(
            f"{repository} is not on this machine, and {constants.ENDPOINT} gave no answer within "
            f"{ANSWER_WITHIN_S:.0f} s: fetch it where there is a network, and name its folder"
        )
    return str(constants.ENDPOINT)


def _fetch(url: str, path: Path, stated: dict[str, Any], progress: Any) -> str:
    """The file's SHA-256. The hub states that of large files, and git's SHA-1 of small ones."""
    digest, git = sha256(), sha1(b"blob %d\0" % stated["size"], usedforsecurity=False)
    seen_bytes = 0
    with _opened(url, SILENT_FOR_S) as answer, path.open("wb") as target:
        while block := answer.read(BLOCK_BYTES):
            target.write(block)
            digest.update(block)
            git.update(block)
            seen_bytes += len(block)
            progress(seen_bytes)
    large = stated.get("lfs")
    if (digest.hexdigest() != large["sha256"]) if large else (git.hexdigest() != stated["blobId"]):
        raise BadModel(f"{path.name} is not what the hub says it is; nothing was kept")
    return digest.hexdigest()


def _opened(url: str, timeout_s: float) -> Any:
    return urllib.request.urlopen(url, timeout=timeout_s)  # noqa: S310 - the hub client's own address
