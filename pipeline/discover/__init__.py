"""Which recordings does the config ask for, and under which names do their outputs go?"""

from pipeline.discover.sources import Problem, discover

__all__ = ["Problem", "discover"]
