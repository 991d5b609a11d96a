"""Apertium as the system has it; skipped where it is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.host.translating.apertium import ApertiumTranslator, installed, installed_pairs
from pipeline.host.translating.several import SeveralTranslators
from pipeline.host.translating.translator import TranslationFailed, TranslatorMissing

needs_apertium = pytest.mark.skipif(not installed(), reason="Apertium is not installed")


@pytest.fixture(scope="module")
def apertium() -> Iterator[ApertiumTranslator]:
    translator = ApertiumTranslator()
    yield translator
    translator.close()


def test_the_pairs_are_those_whose_modes_are_installed(tmp_path: Path) -> None:
    modes = tmp_path / "modes"
    modes.mkdir()
    for name in ("eng-spa", "eng-spa_US", "fr-es", "spa-eng-anmor", "xxx-eng", "zzz"):
        (modes / f"{name}.mode").touch()
    assert installed_pairs(tmp_path) == {("en", "es"): "eng|spa", ("fr", "es"): "fra|spa"}


def test_without_apertium_the_packages_are_named(tmp_path: Path) -> None:
    assert not installed(tmp_path)
    with pytest.raises(TranslatorMissing, match="apt-get install apertium apertium-apy"):
        ApertiumTranslator(tmp_path)


@needs_apertium
@pytest.mark.parametrize(
    ("target", "text", "expected"),
    [
        ("es", "The house is big.", "La casa es grande."),
        ("es-MX", 'He said: "50% of the [water] is <cold> & salty^".', None),
        ("ca", "The house is big.", "La casa és gran."),
        ("es", "", ""),
    ],
)
def test_english_becomes_spanish_and_catalan(
    apertium: ApertiumTranslator, target: str, text: str, expected: str | None
) -> None:
    (told,) = apertium.translate([text], "en-US", target)
    if expected is None:
        assert all(part in told for part in ("50%", "[", "<", "&", '"'))
    else:
        assert told == expected


@needs_apertium
def test_an_unknown_word_is_kept_without_a_mark(apertium: ApertiumTranslator) -> None:
    (told,) = apertium.translate(["The Zorgblatt is big."], "en", "es")
    assert "Zorgblatt" in told
    assert "*" not in told


@needs_apertium
def test_many_texts_keep_their_order_and_one_process_serves_them(apertium: ApertiumTranslator) -> None:
    texts = [f"The house number {number} is big." for number in range(20)]
    told = apertium.translate(texts, "en", "es")
    assert [str(number) in text for number, text in enumerate(told)] == [True] * 20
    assert apertium._process is not None
    before = apertium._process.pid
    apertium.translate(texts[:1], "en", "es")
    assert apertium._process.pid == before


@needs_apertium
def test_a_pair_it_has_not_is_a_failure(apertium: ApertiumTranslator) -> None:
    assert not apertium.supports("en", "de")
    with pytest.raises(TranslationFailed, match="no translation from en to de"):
        apertium.translate(["Hello."], "en", "de")


@needs_apertium
def test_a_chain_says_by_which_language_it_goes(apertium: ApertiumTranslator) -> None:
    several = SeveralTranslators([apertium])
    chains = [offer for offer in several.offers() if offer.sources == ("en",) and "by way of" in offer.quality]
    if not chains:
        pytest.skip("only the pairs of English are installed")
    target = chains[0].targets[0]
    assert several.translate(["The house is big."], "en", target)[0]
    assert chains[0].quality.startswith("rough, by way of ")


@needs_apertium
def test_a_dead_apertium_is_started_again(apertium: ApertiumTranslator) -> None:
    apertium.translate(["Hello."], "en", "es")
    assert apertium._process is not None
    apertium._process.kill()
    apertium._process.wait()
    assert apertium.translate(["The house is big."], "en", "es") == ["La casa es grande."]


@needs_apertium
def test_it_is_reached_from_this_machine_only_and_dies_with_its_host() -> None:
    program = """
        import os
        from pipeline.host.translating.apertium import ApertiumTranslator
        translator = ApertiumTranslator()
        translator.translate(["Hello."], "en", "es")
        print(translator._port, translator._process.pid, flush=True)
        os.kill(os.getpid(), 9)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60, check=False
    )
    port, pid = map(int, done.stdout.split())
    assert _dies(pid)
    assert f"{port:04X}" not in _listening_on_all()


@needs_apertium
def test_only_the_loopback_address_is_listened_on(apertium: ApertiumTranslator) -> None:
    apertium.translate(["Hello."], "en", "es")
    assert f"{apertium._port:04X}" not in _listening_on_all()


def _dies(pid: int, within_s: float = 5) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":  # dead, and whoever inherited it has not looked yet
            return True
        time.sleep(0.05)
    return False


def _listening_on_all() -> set[str]:
    """The ports, in hex, that are open to every network."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):  # noqa: PTH110
            for line in Path(table).read_text().splitlines()[1:]:
                address, port = line.split()[1].split(":")
                if set(address) == {"0"} and line.split()[3] == "0A":
                    found.add(port)
    return found
