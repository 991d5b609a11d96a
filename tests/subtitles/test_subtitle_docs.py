"""Does the how-to page name every rule that there is?"""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_every_rule_of_the_lint_is_explained_and_no_other() -> None:
    room = PROJECT / "pipeline" / "subtitles"
    code = "\n".join(path.read_text(encoding="utf-8") for path in room.glob("*.py"))
    rules = set(re.findall(r'Finding\(\s*"([a-z-]+)"', code)) | set(re.findall(r'yield "([a-z-]+)"', code))
    page = (PROJECT / "docs" / "how-to" / "subtitles.md").read_text(encoding="utf-8")
    table = page.split("| rule | what it finds |")[1].split("\n\n")[0]
    explained = {
        rule
        for row in table.splitlines()
        for rule in re.findall(r"`([a-z-]+)`", row.split("|")[1] if "|" in row else "")
    }
    assert explained == rules
