"""How does a YAML file that someone wrote by hand become a value, or a list of its mistakes?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

_MOST_BYTES = 16 << 20
_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}


class BadFile(ValueError):
    """The file is wrong; the message has one mistake a line, each with its place."""


class Strict(BaseModel):
    """An unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=Strict)


def load(path: Path, model: type[Model]) -> Model:
    """The value that a YAML file describes. Raises BadFile, OSError."""
    with path.open("rb") as stream:
        data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise BadFile(f"{path}: too large; {_MOST_BYTES >> 20} MiB is allowed")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}: not UTF-8 text") from error
    return parse(text, str(path), model)


def parse(text: str, name: str, model: type[Model]) -> Model:
    """The value that YAML text describes; an empty file has every default. Raises BadFile."""
    try:
        content = yaml.safe_load(text)
    # A date that is none is a ValueError of Python's own.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadFile(f"{name}: not YAML: {error}") from error
    try:
        return model.model_validate({} if content is None else content)
    except ValidationError as error:
        lines = (f"{name}: {_place(content, fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise BadFile("\n".join(lines)) from error


def _place(content: Any, location: tuple[int | str, ...]) -> str:
    """Keys and indexes; a union's own member names in the location are no keys of the file."""
    parts = []
    for step, part in enumerate(location):
        inner = _inner(content, part)
        if step == len(location) - 1 or isinstance(inner, (dict, list)):
            parts.append(str(part))
            content = inner
    return ".".join(parts) or "the file"


def _inner(content: Any, part: int | str) -> Any:
    if isinstance(content, dict):
        return content.get(part)
    if isinstance(content, list) and isinstance(part, int) and part < len(content):
        return content[part]
    return None


def _duration(value: Any) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return round(value * 1000)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)", str(value).strip())
    if found is None:
        raise ValueError("a duration such as 500ms, 3s or 2m")
    return round(float(found.group(1)) * _UNITS_MS[found.group(2)])


DurationMs = Annotated[int, BeforeValidator(_duration)]
"""`500ms`, `3s`, `2m`, or bare seconds; whole milliseconds in Python."""
