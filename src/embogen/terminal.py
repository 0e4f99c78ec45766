"""What the command line prints: summaries, problems, progress. Nothing else in embogen prints."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

SHOWN_PROBLEMS = 50


def say(summary: dict[str, Any], *, json: bool) -> None:
    """Print a summary as lines, or as JSON."""
    if json:
        sys.stdout.write(json_module.dumps(summary, indent=1, ensure_ascii=False) + "\n")
        return
    for key, value in summary.items():
        if isinstance(value, list):
            sys.stdout.write(f"{key}:\n" + "".join(f"  {item}\n" for item in value))
        else:
            sys.stdout.write(f"{key}: {value}\n")


def fail(problems: Sequence[object], heading: str, code: int, words: Sequence[str]) -> int:
    """Print what went wrong, all of it, and return the exit code."""
    texts = [str(problem) for problem in problems]
    if "--json" in words:
        sys.stdout.write(json_module.dumps({"exit": code, "problems": texts}, indent=1) + "\n")
        return code
    if heading:
        count = f"{len(texts)} problem{'s' if len(texts) > 1 else ''}"
        sys.stderr.write(f"{heading} ({count}); no results were written.\n")
    sys.stderr.write("".join(f"- {text}\n" for text in texts[:SHOWN_PROBLEMS]))
    if len(texts) > SHOWN_PROBLEMS:
        sys.stderr.write(f"- and {len(texts) - SHOWN_PROBLEMS} more\n")
    return code


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show the current stage on a terminal; say nothing in a pipe."""
    if quiet or not sys.stderr.isatty():
        yield lambda _stage: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it

    with Console(stderr=True).status("starting") as status:

        def show(stage: str) -> None:
            # Naming the spinner draws at once: a stage shorter than a frame is still seen.
            status.update(stage, spinner="dots")

        yield show


def first_screen(commands: Mapping[str, str]) -> str:
    """Return what `embogen` without a command prints."""
    width = max(map(len, commands))
    lines = [f"  {name:<{width}}  {text}" for name, text in commands.items()]
    return (
        "embogen: clinico-genomic survival studies from a team's own files\n\n"
        "Usage: embogen COMMAND [ARGUMENTS]\n\n" + "\n".join(lines) + "\n\n"
        "`embogen COMMAND --help` explains a command; --json makes its output JSON.\n"
    )
