"""Every exception embogen raises on purpose.

::

    EmbogenError
    ├── PlanError          the study file is wrong: a list of PlanProblem (path in the TOML)
    ├── DataError          the data are wrong: a list of DataProblem (file, row, column, value)
    └── EstimationError    the numbers do not exist
        ├── NotConverged   an iteration ended without an answer
        └── NotEstimable   the data do not determine the quantity

A message says what, where, what was expected and what to do. All problems of one kind are
collected and raised together, so a user mends a file once, not once per run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class EmbogenError(Exception):
    """The root of all errors embogen raises on purpose."""


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """One thing wrong in a study file.

    Parameters
    ----------
    path
        Where in the TOML, dotted: ``analysis[2].terms[0]``.
    message
        What is wrong and what was expected, without a final stop.
    remedy
        What to do about it, a sentence.
    """

    path: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        """Render as ``path: message. remedy``."""
        return f"{self.path}: {self.message}. {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True)
class DataProblem:
    """One thing wrong in a data file.

    Parameters
    ----------
    file
        The file as the study names it (never an absolute path of the machine).
    message
        What is wrong and what was expected, without a final stop, worded to follow the value:
        ``is not one of 1, 2, 3``.
    remedy
        What to do about it, a sentence.
    row
        Row as a spreadsheet numbers it: the header is row 1. None when the whole file is meant.
    column
        Column header, when one column is meant.
    value
        The offending text exactly as it stands in the file, or None.
    """

    file: str
    message: str
    remedy: str = ""
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        """Render as ``file row N, column: "value" message. remedy``."""
        place = self.file
        if self.row is not None:
            place += f" row {self.row}"
        if self.column is not None:
            place += f", {self.column}"
        shown = "" if self.value is None else f'"{_clip(self.value)}" '
        return f"{place}: {shown}{self.message}. {self.remedy}".rstrip()


def _clip(text: str, limit: int = 60) -> str:
    """Shorten a hostile or huge cell and show control characters as escapes."""
    visible = (
        text[: limit + 1].encode("unicode_escape").decode("ascii")
        if not text.isprintable()
        else text
    )
    return visible if len(visible) <= limit else visible[: limit - 1] + "…"


class PlanError(EmbogenError):
    """The study file cannot be followed; holds every problem found.

    Parameters
    ----------
    problems
        The problems, in the order they stand in the file.
    """

    def __init__(self, problems: Iterable[PlanProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DataError(EmbogenError):
    """The data cannot be used as they are; holds every problem found.

    Parameters
    ----------
    problems
        The problems, by file and row.
    """

    def __init__(self, problems: Iterable[DataProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class EstimationError(EmbogenError):
    """A requested number does not exist for these data."""


class NotConverged(EstimationError):  # noqa: N818 - the name states the outcome, as the field does
    """An iteration ended without reaching its tolerance."""


class NotEstimable(EstimationError):  # noqa: N818 - the name states the outcome, as the field does
    """The data do not determine the requested quantity."""
