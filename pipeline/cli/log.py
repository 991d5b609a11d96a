"""How do logs look on standard error?

Text for people, or one JSON object a line for programs: time, level, logger, message, and whatever the caller gave
as `extra`. Nothing here knows a secret; the rooms that do never log one.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone

from pipeline.cli.terminal import printable_lines

FORMATS = ("text", "json")
_ROOM = "pipeline"
_LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}
_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line; a value JSON cannot hold is shown as text."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line | fields, default=str)


class Lines(logging.Formatter):
    """Lines for people; what was quoted in them cannot play with the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return printable_lines(super().format(record))


def setup(form: str, detail: int) -> None:
    """Send the logs of our rooms to standard error; `detail` is the count of -v less that of -q."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Lines("%(levelname)s: %(message)s"))
    room = logging.getLogger(_ROOM)
    room.handlers[:] = [handler]
    room.setLevel(_LEVELS.get(max(-1, detail), logging.DEBUG))
    room.propagate = False
