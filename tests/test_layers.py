"""Does every room import only what lies below it? The table of docs/architecture.md, checked on the source."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "pipeline"
LEVELS = {
    "cli": 4,
    "__main__": 5,
    "run": 3,
    **dict.fromkeys(("discover", "audio", "speech", "subtitles", "writers", "host", "report"), 2),
    "config": 1,
    "files": 1,
    "errors": 0,
    "values": 0,
    "__init__": -1,  # only the version
}
# Within a level: who may look at whom.
SIBLINGS = {("writers", "subtitles"), ("errors", "values")}
ONLY_IN = {"azure": {"speech"}, "click": {"cli"}, "websockets": {"host"}, "faster_whisper": {"host"}}


def room_of(module: Path) -> str:
    first = module.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


@functools.cache
def imports_of(module: Path) -> tuple[str, ...]:
    """Every module name that a file imports, anywhere in it; relative imports as absolute ones."""
    package = ["pipeline", *module.relative_to(ROOT).parent.parts]
    names: list[str] = []
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            names += (f"{name}.{alias.name}" for alias in node.names) if name == "pipeline" else (name,)
    return tuple(names)


def may_import(room: str, other: str) -> bool:
    if room == other or other == "__version__":
        return True
    if room == "host":
        return False
    return LEVELS[room] > LEVELS[other] or (room, other) in SIBLINGS


MODULES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_a_room_imports_only_what_lies_below_it(module: Path) -> None:
    ours = [name.split(".")[1] for name in imports_of(module) if name.startswith("pipeline.")]

    assert [other for other in ours if not may_import(room_of(module), other)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_each_outside_thing_has_one_door(module: Path) -> None:
    outside = {name.split(".")[0] for name in imports_of(module)}

    assert [name for name in outside & set(ONLY_IN) if room_of(module) not in ONLY_IN[name]] == []


def test_every_room_has_a_level() -> None:
    assert {room_of(module) for module in MODULES} <= set(LEVELS)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(ROOT)))
def test_a_module_says_first_what_it_is_for(module: Path) -> None:
    text = ast.get_docstring(ast.parse(module.read_text()))

    assert text or not module.read_text().strip(), f"{module} has no docstring"
