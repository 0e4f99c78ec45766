"""`Term` and `Design`: named, typed columns of a regression. No formula strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from embogen.errors import DataError, DataProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

LARGEST: Final = 1e150
"""The largest covariate whose square can still be added up."""

Coding = Literal["numeric", "trend", "binary", "level"]


@dataclass(frozen=True, slots=True)
class Term:
    """One column of a design, and what a step of 1 in it means.

    Parameters
    ----------
    name
        The covariate or gene: ``grade``, ``DAXX``.
    level
        The level this column marks, for ``binary`` and ``level`` coding.
    reference
        The level it is compared with.
    coding
        ``numeric`` (per unit), ``trend`` (per step of an ordered scale), ``binary`` or ``level``.
    unit
        Unit of a numeric column: ``years``, ``mL``.
    title
        What a reader calls the covariate, where that is not `name`: ``Tumor grade``.

    Examples
    --------
    >>> Term("origin", level="pancreatic", reference="other", coding="level").label
    'origin: pancreatic vs other'
    """

    name: str
    level: str | None = None
    reference: str | None = None
    coding: Coding = "numeric"
    unit: str | None = None
    title: str | None = None

    @property
    def label(self) -> str:
        """How the term is named in messages and tables."""
        shown = self.title or self.name
        if self.level is None:
            return shown
        against = "" if self.reference is None else f" vs {self.reference}"
        return f"{shown}: {self.level}{against}"


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A regression's columns with their meaning.

    Parameters
    ----------
    matrix
        (n, p) float64, finite and at most `LARGEST` in size, read-only.
    terms
        One `Term` per column.

    Raises
    ------
    DataError
        When the shapes disagree, a name occurs twice, or a value is missing, infinite or
        too large to be squared.
    """

    matrix: NDArray[np.float64]
    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        problems: list[DataProblem] = []
        if self.matrix.shape[1:] != (len(self.terms),):
            message = f"has shape {self.matrix.shape}, {len(self.terms)} columns were expected"
            raise DataError([DataProblem("design", message)])
        labels = [term.label for term in self.terms]
        problems += [
            DataProblem("design", "names two columns", "Rename one.", column=label)
            for label in sorted({label for label in labels if labels.count(label) > 1})
        ]
        for row, column in np.argwhere(~(np.abs(self.matrix) <= LARGEST)):
            value = self.matrix[row, column]
            large = np.isfinite(value)
            problems.append(
                DataProblem(
                    "design",
                    f"is beyond {LARGEST:g}" if large else "is not a finite number",
                    "Choose another unit." if large else "Leave the row out, and count it.",
                    row=int(row) + 1,
                    column=labels[column],
                    value=f"{value:g}",
                )
            )
        if problems:
            raise DataError(problems)
        matrix = np.array(self.matrix, dtype=np.float64)
        matrix.flags.writeable = False
        object.__setattr__(self, "matrix", matrix)

    @classmethod
    def from_arrays(cls, columns: ArrayLike, names: Sequence[str | Term]) -> Design:
        """Build a design from an (n, p) array and p names or terms.

        Examples
        --------
        >>> Design.from_arrays([[0, 57], [1, 63]], ["DAXX", "age"]).names
        ('DAXX', 'age')
        """
        try:
            matrix = np.asarray(columns, dtype=np.float64)
        except (TypeError, ValueError) as error:
            problem = DataProblem("design", f"holds text or ragged rows ({error})", "Give numbers.")
            raise DataError([problem]) from None
        if matrix.ndim == 1:
            matrix = matrix.reshape(-1, 1)
        terms = tuple(name if isinstance(name, Term) else Term(name) for name in names)
        return cls(matrix, terms)

    @property
    def names(self) -> tuple[str, ...]:
        """Label of each column."""
        return tuple(term.label for term in self.terms)

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.matrix.shape[0])
