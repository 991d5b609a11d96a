"""Modules that stand in tests/ itself are shared by the tests of all rooms."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
