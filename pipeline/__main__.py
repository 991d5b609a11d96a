"""`python -m pipeline` is the console script."""

from pipeline.cli.main import entry

if __name__ == "__main__":
    entry()
