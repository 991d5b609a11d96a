"""What does a config look like that states every default with its meaning?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from pipeline.config.allowed import is_section
from pipeline.config.schema import Config

_HEAD = """\
# yaml-language-server: $schema=schema.json
# Every setting with its default. Only input.paths is needed; leave out what you do not change.
# ${NAME} and ${NAME:-default} read the environment; key and token must come from there.
# Relative paths are relative to this file. Durations are written 90s, 10m, 1h30m.
# This file is made from pipeline/config/schema.py: python -m pipeline.config.full > configs/full.yaml
"""
_NEEDED = {"input": {"paths": ["inbox"]}}


def full_yaml() -> str:
    """The text of configs/full.yaml."""
    return _HEAD + "\n".join(_section(Config, Config.model_validate(_NEEDED).model_dump(mode="json"), "")) + "\n"


def _section(model: type[BaseModel], defaults: dict[str, Any], indent: str) -> Iterator[str]:
    # Which kind of service comes first: the rest of the section depends on it.
    for name, field in sorted(model.model_fields.items(), key=lambda one: one[0] != "kind"):
        if not indent:
            yield ""
        yield f"{indent}# {field.description}"
        if is_section(field.annotation):
            yield f"{indent}{name}:"
            yield from _section(field.annotation, defaults[name], f"{indent}  ")
        else:
            yield f"{indent}{name}: {_flow(defaults[name])}"


def _flow(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_flow(item) for item in value)}]"
    return value if isinstance(value, str) and value.replace("_", "").isalnum() else json.dumps(value)


if __name__ == "__main__":
    print(full_yaml(), end="")
