"""Which people of a file are patients of the study, and in which row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem
from embogen.io.raw_table import clipped

Others = Literal["refuse", "pass_over"]
"""What becomes of people in a file who are no patients of the study."""

NO_PATIENT: Final = "is no patient of the study"
_ROOM: Final = 20
_LEAST_ROOM: Final = 1_000_000
"""A table of rows by number has at most this much room for each patient, or in all."""

REMEDY: Final = "Add the patient to the patients table, or let others be passed over."


@dataclass(frozen=True, slots=True, eq=False)
class SampleRows:
    """Which samples of a file are patients: `samples` their places, `rows` ascending."""

    samples: NDArray[np.intp]
    rows: NDArray[np.int32]
    n: int

    @property
    def pattern(self) -> NDArray[np.bool_]:
        """(1, n) the patients with a sample."""
        pattern = np.zeros((1, self.n), bool)
        pattern[0, self.rows] = True
        return pattern


def sample_rows(
    samples: Sequence[str], patients: Sequence[str], file: str, others: Others
) -> SampleRows:
    """Find the patients among the samples of a file.

    Raises
    ------
    DataError
        Naming samples that are no patients, unless others are passed over, or when none is.

    Examples
    --------
    >>> found = sample_rows(["b", "x", "a"], ["a", "b", "c"], "a.fam", "pass_over")
    >>> found.samples.tolist(), found.rows.tolist()
    ([2, 0], [0, 1])
    """
    place = {patient: row for row, patient in enumerate(patients)}
    rows = np.array([place.get(sample, -1) for sample in samples], np.int32)
    problems = []
    if others == "refuse":
        problems = [
            DataProblem(file, NO_PATIENT, REMEDY, value=samples[i])
            for i in np.flatnonzero(rows < 0).tolist()
        ]
    elif not (rows >= 0).any():
        problems = [no_patient_at_all(file)]
    if problems:
        raise DataError(clipped(problems))
    known = np.flatnonzero(rows >= 0)
    order = known[np.argsort(rows[known])]
    return SampleRows(order, rows[order], len(patients))


def no_patient_at_all(file: str) -> DataProblem:
    """Say that nobody in a file is a patient, which is hardly meant."""
    remedy = "Check that both files use the same ids."
    return DataProblem(file, "holds no patient of the study", remedy)


class PatientIndex:
    """Rows of patients by their id, for many millions of ids.

    Where all ids are alike but for a number (``SYN-0000001``) the row stands in a table under that
    number, and the id found there is compared; other ids are joined.

    Parameters
    ----------
    patients
        (n,) ids, each once.

    Examples
    --------
    >>> index = PatientIndex(["P-07", "P-03"])
    >>> index.rows(pl.Series(["P-03", "P-7", "Q-07", "P-07"])).to_list()
    [1, None, None, 0]
    """

    def __init__(self, patients: Sequence[str]) -> None:
        self._ids = pl.Series("id", patients, dtype=pl.String)
        self._start = len(_common_prefix(self._ids))
        numbers = self._numbers(self._ids)
        self._table: NDArray[np.int32] | None = None
        largest = numbers.max()
        if isinstance(largest, int) and largest <= _ROOM * len(patients) + _LEAST_ROOM:
            self._table = np.full(largest + 2, -1, np.int32)
            at = numbers.fill_null(largest + 1).to_numpy()
            self._table[at] = np.arange(len(patients), dtype=np.int32)
            self._table[-1] = -1
            found = self._by_number(self._ids, self._table)
            if found.null_count():  # two ids have one number, or one has none
                self._table = None

    def rows(self, ids: pl.Series) -> pl.Series:
        """(m,) int32 row of each id, null where it is no patient's."""
        if self._table is not None:
            return self._by_number(ids, self._table)
        known = pl.DataFrame({"id": self._ids}).with_row_index("row")
        joined = ids.alias("id").to_frame().join(known, on="id", how="left", maintain_order="left")
        return joined["row"].cast(pl.Int32)

    def _numbers(self, ids: pl.Series) -> pl.Series:
        return ids.str.slice(self._start).cast(pl.UInt32, strict=False)

    def _by_number(self, ids: pl.Series, table: NDArray[np.int32]) -> pl.Series:
        last = len(table) - 1
        numbers = self._numbers(ids).fill_null(last).to_numpy()
        guess = pl.Series("row", table[np.minimum(numbers, last)])
        there = guess >= 0
        same = self._ids.gather(guess.clip(0)) == ids if len(self._ids) else there
        found = pl.DataFrame({"row": guess, "good": there & same})
        return found.select(pl.when(pl.col("good")).then(pl.col("row"))).to_series()


def _common_prefix(ids: pl.Series) -> str:
    """Give what all ids begin with, without the digits at its end."""
    first, last = ids.min(), ids.max()
    if not isinstance(first, str) or not isinstance(last, str):
        return ""
    same = next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b),
        min(len(first), len(last)),
    )
    return first[:same].rstrip("0123456789")
