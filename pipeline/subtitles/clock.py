"""How is a time written in a subtitle?"""

from __future__ import annotations


def clock(ms: int, point: str = ".") -> str:
    """`01:02:03.004`; the hours grow past 24 and past 99."""
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{rest:03}"
