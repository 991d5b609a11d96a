"""Which values does a setting allow, in words?"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MinLen
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from pipeline.config.schema import Duration
from pipeline.config.tree import Key

_DURATION_TYPE = get_args(Duration)
_UNIONS = (Union, types.UnionType)
_WORDS: dict[Any, str] = {
    bool: "true | false",
    str: "text",
    int: "a whole number",
    float: "a number",
    SecretStr: "a reference to the environment such as ${AZURE_AI_SPEECH_KEY}",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What stands in the schema at a key: its annotation, and the field's own limits."""

    annotation: Any
    limits: Sequence[Any] = ()


def setting_at(model: type[BaseModel], loc: Sequence[str | int]) -> tuple[Key, Setting]:
    """The deepest setting that a pydantic error location names: what follows are branches of a union."""
    key: list[str | int] = []
    setting = Setting(model)
    for part in loc:
        inner = _inner(setting.annotation, part)
        if inner is None:
            break
        key.append(part)
        setting = inner
    return tuple(key), setting


def describe(setting: Setting) -> str:
    """Such as `a whole number from 1 to 1000, or auto`."""
    annotation, limits = bare(setting.annotation, setting.limits)
    if _is_duration(setting.annotation):
        return "a duration such as 90s, 10m or 1h30m"
    if get_origin(annotation) in _UNIONS:
        return _either(describe(Setting(branch)) for branch in get_args(annotation))
    if get_origin(annotation) is Literal:
        return " | ".join(str(choice) for choice in get_args(annotation))
    if get_origin(annotation) is list:
        few = "at least one of " if any(isinstance(limit, MinLen) for limit in limits) else ""
        return f"a list, {few or 'each '}{describe(Setting(get_args(annotation)[0]))}"
    if is_section(annotation):
        return f"a mapping of {', '.join(annotation.model_fields)}"
    return _WORDS.get(annotation, "text") + _range(limits)


def unknown(model: Any, name: str) -> str:
    """What to say of a key that a section does not have."""
    names = list(bare(model)[0].model_fields)
    close = difflib.get_close_matches(name.lower(), names, 1, 0.6)
    guess = f", did you mean {close[0]}?" if close else ";"
    return f"unknown key{guess} allowed: {', '.join(names)}"


def _inner(annotation: Any, part: str | int) -> Setting | None:
    plain, _ = bare(annotation)
    if is_section(plain):
        found: FieldInfo | None = plain.model_fields.get(str(part))
        return Setting(found.rebuild_annotation()) if found else None
    if get_origin(plain) is list and isinstance(part, int):
        return Setting(get_args(plain)[0])
    return None


def is_section(annotation: Any) -> TypeGuard[type[BaseModel]]:
    """Whether an annotation is a section. To Python 3.10 even list[str] is a class."""
    return get_origin(annotation) is None and isinstance(annotation, type) and issubclass(annotation, BaseModel)


def bare(annotation: Any, limits: Sequence[Any] = ()) -> tuple[Any, Sequence[Any]]:
    """An annotation without its Annotated, and the limits that stood there."""
    if get_origin(annotation) is not Annotated:
        return annotation, limits
    plain, *more = get_args(annotation)
    flat = [limit for one in more for limit in (one.metadata if isinstance(one, FieldInfo) else (one,))]
    return bare(plain, [*limits, *flat])


def _is_duration(annotation: Any) -> bool:
    return get_args(annotation)[:2] == _DURATION_TYPE[:2] if get_origin(annotation) is Annotated else False


def _range(limits: Iterable[Any]) -> str:
    words = {}
    for limit in limits:
        if isinstance(limit, Ge):
            words["low"] = f" from {limit.ge}"
        elif isinstance(limit, Gt):
            words["low"] = f" above {limit.gt}"
        elif isinstance(limit, Le):
            words["high"] = f" to {limit.le}"
    return words.get("low", "") + words.get("high", "")


def _either(words: Iterable[str]) -> str:
    return ", or ".join(words)
