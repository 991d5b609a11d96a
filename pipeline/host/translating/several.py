"""Which of several engines translates a pair, and by way of which language where none has it?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pipeline.host.translating.codes import two
from pipeline.host.translating.routes import Pair, Route, routes
from pipeline.host.translating.translator import ROUGH, Offer, TranslationFailed, Translator


class SeveralTranslators:
    """Engines in the order of trust: the first that has a pair translates it; two are chained where none has."""

    def __init__(self, engines: Sequence[Translator]):
        self._engines = tuple(engines)
        self._by_pair: dict[Pair, Translator] = {}
        trust: dict[Pair, int] = {}
        for place, engine in enumerate(engines):
            for pair in engine.pairs():
                self._by_pair.setdefault(pair, engine)
                trust.setdefault(pair, place)
        self._routes = routes(trust)
        self._offers = self._offered()
        self.name = ", ".join(engine.name for engine in engines)

    def pairs(self) -> tuple[Pair, ...]:
        return tuple(self._routes)

    def offers(self) -> tuple[Offer, ...]:
        return self._offers

    def _offered(self) -> tuple[Offer, ...]:
        direct = tuple(offer for engine in self._engines for offer in engine.offers())
        chains = sorted((route for route in self._routes.values() if len(route) > 1), key=self._kind)
        return direct + tuple(
            Offer(
                (kind[0],),
                tuple(sorted(route[-1][1] for route in group)),
                kind[2],
                f"{ROUGH}, by way of {kind[1]}",
            )
            for kind, group in groupby(chains, self._kind)
        )

    def supports(self, source: str, target: str) -> bool:
        return _pair(source, target) in self._routes

    def translate(self, texts: list[str], source: str, target: str) -> list[str]:
        route = self._routes.get(_pair(source, target))
        if route is None:
            raise TranslationFailed(f"no translation from {source} to {target}")
        spellings = [source, *(step[1] for step in route[:-1]), target]
        for step, here, there in zip(route, spellings, spellings[1:]):  # noqa: B905 - the second is one shorter
            texts = self._by_pair[step].translate(texts, here, there)
        return texts

    def close(self) -> None:
        for engine in self._engines:
            engine.close()

    def _kind(self, route: Route) -> tuple[str, str, str]:
        """What the chains of one offer have in common: source, language between, engines."""
        engines = dict.fromkeys(self._by_pair[step].offers()[0].engine for step in route)
        return route[0][0], route[0][1], " + ".join(engines)


def _pair(source: str, target: str) -> Pair:
    return two(source) or source, two(target) or target
