"""What does an editor need to know to check and complete a config while it is typed?"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from pipeline.config.schema import Config

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^${}]*)?\}"}
_WHOLE_REFERENCE = r"^\$\{[A-Za-z_][A-Za-z0-9_]*(:-)?\}$"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a config file, as `speech-pipeline config schema` prints it."""
    schema = Config.model_json_schema(schema_generator=_Generator)
    schema["title"] = "speech-pipeline config"
    for section in schema["$defs"].values():
        _open(section)
    return {"$schema": _DIALECT, **schema}


class _Generator(GenerateJsonSchema):
    """Without the titles that repeat every key."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _open(section: dict[str, Any]) -> None:
    """Allow what load allows beyond the types: a reference instead of a value, a section left empty."""
    for name, setting in section.get("properties", {}).items():
        if name in ("key", "token"):
            setting["anyOf"] = [{"type": "string", "pattern": _WHOLE_REFERENCE}, {"type": "null"}]
        elif setting.get("type") in ("integer", "number", "boolean") or "enum" in setting:
            kind = {part: setting.pop(part) for part in list(setting) if part not in ("description", "default")}
            setting["anyOf"] = [kind, _REFERENCE]
        elif any(branch.get("type") in ("integer", "number") for branch in setting.get("anyOf", ())):
            setting["anyOf"].append(_REFERENCE)
