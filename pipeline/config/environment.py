"""What does `${NAME}` in a setting stand for?"""

from __future__ import annotations

import re
from collections.abc import Mapping

# `$${` is a literal `${`; a reference that does not end or is not a name is caught by the last branch.
_REFERENCE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^${}]*))?\}|\$\{")
_WHOLE = re.compile(r"\s*\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-)?\}\s*")


class Unset(ValueError):
    """A variable without a default is not in the environment."""

    def __init__(self, name: str):
        super().__init__(f"the environment variable {name} is not set; set it, or write ${{{name}:-default}}")
        self.name = name


def substitute(text: str, environ: Mapping[str, str]) -> str:
    """`text` with its references read; as in a shell, `:-` also replaces an empty variable. Raises ValueError."""

    def read(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        name, default = match[1], match[2]
        if name is None:
            raise ValueError("a ${ that is neither ${NAME} nor ${NAME:-default}; $${ is allowed for a literal ${")
        value = environ.get(name)
        if default is not None:
            return value or default
        if value is None:
            raise Unset(name)
        return value

    return _REFERENCE.sub(read, text)


def is_reference(text: str) -> bool:
    """Whether the whole text is one reference with no default of its own, as a secret must be."""
    return _WHOLE.fullmatch(text) is not None
