"""Do the files that are published beside the schema say what it says?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from pipeline.config.full import full_yaml
from pipeline.config.json_schema import json_schema
from pipeline.config.load import load
from pipeline.config.schema import Config
from pipeline.discover.options import COLUMNS

CONFIGS = Path(__file__).parents[2] / "configs"
STARTER = Path(__file__).parents[2] / "pipeline" / "cli" / "starter.yaml"


def test_full_yaml_states_every_key_with_its_default_and_meaning() -> None:
    """To mend it: python -m pipeline.config.full > configs/full.yaml"""
    assert (CONFIGS / "full.yaml").read_text() == full_yaml()


def test_full_yaml_loads_to_the_defaults(tmp_path: Path) -> None:
    full = tmp_path / "full.yaml"
    least = tmp_path / "least.yaml"
    full.write_text(full_yaml())
    least.write_text("input: {paths: [inbox]}\n")

    assert load(full, environ={}).model_dump() == load(least, environ={}).model_dump()


def test_the_json_schema_is_fresh() -> None:
    """To mend it: speech-pipeline config schema > configs/schema.json"""
    assert settings_of(json.loads((CONFIGS / "schema.json").read_text())) == settings_of(json_schema())


def settings_of(schema: dict) -> list[tuple]:
    """What it says of each key; how it says it may change with pydantic."""
    sections = {"": schema, **schema["$defs"]}
    return sorted(
        (section, key, str(one.get("default")), one["description"])
        for section, shape in sections.items()
        for key, one in shape["properties"].items()
    )


def test_every_setting_says_what_it_means() -> None:
    schema = json_schema()
    places = [schema, *schema["$defs"].values()]
    mute = [name for place in places for name, one in place["properties"].items() if not one.get("description")]

    assert mute == []


@pytest.mark.parametrize("file", [*sorted(CONFIGS.glob("*.yaml")), STARTER], ids=lambda file: file.name)
def test_every_example_is_right_without_anything_in_the_environment(file: Path) -> None:
    assert isinstance(load(file, environ={}), Config)


@pytest.mark.parametrize("file", [*sorted(CONFIGS.glob("*.yaml")), STARTER], ids=lambda file: file.name)
def test_an_editor_takes_every_example(file: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")

    jsonschema.validate(yaml.safe_load(file.read_text()), json_schema())


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("input: {paths: [a]}\nservice: {sessions: '${N}', upload_speed: 2}\nrun: {attempts: '${N:-3}'}", True),
        ("input: {paths: [a]}\nservice: {key: '${KEY}'}", True),
        ("input: {paths: [a]}\nservice: {key: abc}", False),
        ("input: {paths: [a]}\nservice: {kind: gcp}", False),
        ("input: {paths: [a]}\nrun: {backoff: soon}", False),
        ("input: {paths: [a]}\nrun: {attempts: 0}", False),
        ("input: {paths: []}", False),
        ("service: {kind: local}", False),
        ("input: {paths: [a]}\nother: 1", False),
    ],
)
def test_an_editor_marks_what_load_refuses(tmp_path: Path, text: str, right: bool) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json_schema())

    assert validator.is_valid(yaml.safe_load(text)) is right


def test_the_how_to_names_every_column_of_the_options_table() -> None:
    text = (CONFIGS.parent / "docs" / "how-to" / "configure.md").read_text()

    assert [name for name in COLUMNS if f"`{name}`" not in text] == []
