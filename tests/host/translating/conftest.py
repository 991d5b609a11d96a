"""The toy models of data/translation: small, but real ones in the layouts of real families."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def toys() -> Path:
    return Path(__file__).resolve().parents[3] / "data" / "translation" / "models"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, so that nothing on this machine is seen or touched."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SPEECH_PIPELINE_MODELS", str(folder))
    return folder
