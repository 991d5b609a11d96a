"""Where can the jobs of a run be carried out? A new place: a module with `run`, and its line in the runner."""
