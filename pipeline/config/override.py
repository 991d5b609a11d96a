"""What does a config become for one file that the options table says more about?

A cell is text; what it means is decided by the setting: a list is separated by `;`, everything else is read as YAML
would read it without quotes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError

from pipeline.config import allowed, rules
from pipeline.config.load import settled
from pipeline.config.schema import Config
from pipeline.config.tree import shown, typed

Options = Sequence[tuple[str, str]]


def with_options(config: Config, options: Options) -> Config:
    """The config with `section.key` settings from a table. Raises ValueError if one is not allowed."""
    if not options:
        return config
    names = {key for key, _ in options}
    if "recognition.language" in names and "recognition.languages" not in names:
        # A file whose language is known is not identified, whatever the others need.
        config = _with(config, "recognition.languages", "")
    for key, cell in options:
        config = _with(config, key, cell)
    return settled(config)


def faults_of(config: Config, options: Options) -> list[tuple[str, str]]:
    """What is wrong with a row of options: (key, what, and what is allowed)."""
    faults = []
    changed = config
    for key, cell in options:
        try:
            changed = _with(changed, key, cell)
        except ValueError as error:
            faults.append((key, str(error)))
    already = set(rules.check(config))
    named = {key for key, _ in options}
    for place, what in rules.check(changed):
        key = ".".join(part for part in place if isinstance(part, str))
        if (place, what) not in already and key in named:
            faults.append((key, what))
    return faults


def _with(config: Config, key: str, cell: str) -> Config:
    section_name, _, name = key.partition(".")
    section: BaseModel = getattr(config, section_name)
    _, setting = allowed.setting_at(Config, (section_name, name))
    value = _cell(cell, setting)
    given = {field: getattr(section, field) for field in section.model_fields_set}
    try:
        # Only the cell is validated: what is there already has been, and durations are numbers by now.
        checked = getattr(type(section).model_validate({name: value, **_required(section)}), name)
    except ValidationError:
        text = f"{shown(cell)} is not allowed; allowed: {allowed.describe(setting)}"
        raise ValueError(text.replace("a list, ", "a list separated by ; , ")) from None
    new = section.model_copy(update={**given, name: checked})
    return config.model_copy(update={section_name: new})


def _required(section: BaseModel) -> dict[str, Any]:
    fields = type(section).model_fields
    return {name: getattr(section, name) for name, field in fields.items() if field.is_required()}


def _cell(cell: str, setting: allowed.Setting) -> Any:
    bare, _ = allowed.bare(setting.annotation)
    if get_origin(bare) is list:
        return [part.strip() for part in cell.split(";") if part.strip()]
    return typed(cell.strip())
