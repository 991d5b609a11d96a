"""By which languages does one get from a source to a target?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MOST_STEPS = 2
"""Every step adds its own mistakes: a third would leave little of what was said."""

Pair = tuple[str, str]
Route = tuple[Pair, ...]


def routes(cost: Mapping[Pair, int]) -> dict[Pair, Route]:
    """The cheapest route between any two languages, of those with the fewest steps. `cost` is of one direct step."""
    found: dict[Pair, Route] = {pair: (pair,) for pair in cost}
    for _ in range(MOST_STEPS - 1):
        for (source, target), route in _longer(found, cost):
            known = found.get((source, target))
            if known is None or (len(known), _cost(known, cost)) > (len(route), _cost(route, cost)):
                found[source, target] = route
    return dict(sorted(found.items()))


def _longer(found: Mapping[Pair, Route], cost: Mapping[Pair, int]) -> list[tuple[Pair, Route]]:
    starts: dict[str, list[Pair]] = {}
    for step in sorted(cost):
        starts.setdefault(step[0], []).append(step)
    return [
        ((source, step[1]), (*route, step))
        for (source, middle), route in sorted(found.items())
        for step in starts.get(middle, ())
        if step[1] != source
    ]


def _cost(route: Iterable[Pair], cost: Mapping[Pair, int]) -> int:
    return sum(cost[step] for step in route)
