"""Whatever stands in a config, is the answer a config or a list of faults, and soon?"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config.load import load
from pipeline.config.schema import Config
from pipeline.errors import ConfigError

FULL = (Path(__file__).parents[2] / "configs" / "full.yaml").read_bytes()
LINES = [line for line in FULL.splitlines(keepends=True) if not line.lstrip().startswith(b"#") and line.strip()]
SPLICES = [
    b": ", b"- ", b"[", b"]", b"{", b"}", b"&a ", b"*a", b"!!int ", b"|\n", b">\n", b"'", b'"', b"#", b"\t", b"\0",
    b"\xff", b"---\n", b"...\n", b"%YAML 1.1\n", b"? ", b"${", b"${A}", b"${A:-1}", b"}", b"null", b"-1", b"1e999",
    b"9" * 400, b"<<: *a", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"2024-01-01", b"1:30", b"0x1F", b".nan", b"yes",
    b"~", b"\r", b"\\x",
]  # fmt: skip


def answer(path: Path, data: bytes, overrides: tuple[str, ...] = ()) -> None:
    """Load, and hold the answer to its form: a Config, or faults one a line that begin with a place."""
    path.write_bytes(data)
    try:
        assert isinstance(load(path, overrides, {"A": "1"}), Config)
    except ConfigError as error:
        for line in error.message.split("\n"):
            assert line.startswith((str(path), "--set:")), line
            assert line.isprintable(), line


def mutated(rng: random.Random) -> bytes:
    """The full config after one to four accidents."""
    lines = list(LINES)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        line = lines[at]
        cut = rng.randrange(len(line) + 1)
        match rng.randrange(7):
            case 0:
                lines[at] = line[:cut] + rng.choice(SPLICES) + line[cut:]
            case 1:
                lines[at] = line[:cut] + line[cut + 1 :]
            case 2:
                lines[at] = b" " * rng.randint(0, 6) + line.lstrip()
            case 3:
                lines[at] = rng.choice(lines)
            case 4:
                del lines[at]
            case 5:
                lines[at] = line.split(b":")[0] + b": " + rng.choice(SPLICES) + b"\n"
            case _:
                lines[at] = line[:cut] + bytes([rng.randrange(256)]) + line[cut + 1 :]
        lines = lines or list(LINES)
    return b"".join(lines)


@pytest.mark.parametrize("seed", range(10))
def test_a_mutated_config_is_read_or_refused(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)

    for _ in range(50):
        answer(tmp_path / "c.yaml", mutated(rng))


KEYS = st.sampled_from([*Config.model_fields, "key", "token", "paths", "endpoints", "kind", "split", "", "<<", "x"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["${A}", "auto", "10m"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(KEYS, VALUES, max_size=5), st.lists(st.text(max_size=20), max_size=2))
def test_any_yaml_is_read_or_refused(tmp_path_factory, values, overrides) -> None:
    import yaml

    text = yaml.safe_dump(values, allow_unicode=True).encode(errors="replace")
    answer(tmp_path_factory.getbasetemp() / "any.yaml", text, tuple(overrides))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data: bytes) -> None:
    answer(tmp_path_factory.getbasetemp() / "bytes.yaml", data)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["service.key", "audio.split.target", "input", "recognition.languages", "a.b"]),
    st.text(max_size=30),
)
def test_any_override_is_read_or_refused(tmp_path_factory, key: str, value: str) -> None:
    answer(tmp_path_factory.getbasetemp() / "set.yaml", b"input: {paths: [x]}\n", (f"{key}={value}",))
