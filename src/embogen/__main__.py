"""``python -m embogen``, and the ``embogen`` script: the command line."""

import sys

from embogen.cli import main


def entry_point() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(main())


if __name__ == "__main__":
    entry_point()
