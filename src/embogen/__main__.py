"""``python -m embogen`` is the command line."""

from embogen.cli import entry_point

if __name__ == "__main__":
    entry_point()
