"""Dosages in Parquet, patients in rows or in columns, as features: read some variants at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embogen.errors import DataError, DataProblem
from embogen.genomics.feature_blocks import FeatureBlock
from embogen.io.genotype_features import block_of_values
from embogen.io.parquet_file import (
    FIRST_ROW,
    as_text,
    collected,
    content_hash,
    open_parquet,
    scan_parquet,
)
from embogen.io.raw_table import LISTED, clipped
from embogen.io.sample_rows import Others, SampleRows, sample_rows

Layout = Literal["patient_id", "variant_id"]
_CELLS_AT_ONCE: Final = 8_000_000
_MOST: Final = 2.0
"""Copies of an allele that a person can have."""


@dataclass(frozen=True, slots=True, eq=False)
class DosageFeatures:
    """Variants as features whose values are dosages; made by `open_dosages`, which checks them.

    Parameters
    ----------
    file, folder
        Where the table is.
    layout
        Header of the column that names its rows: ``patient_id`` or ``variant_id``.
    columns
        The other headers, in the order of the file: variants, or patients.
    patients
        (n,) patient ids.
    names
        (G,) variants, in the order of the file.
    found
        Which of the file's patients are those of the study.
    entries
        (G,) patients with a dosage that is not 0, or with none.
    fingerprint
        Hash of the file's content and of what it is read with.
    """

    file: str
    folder: Path
    layout: Layout
    columns: Sequence[str]
    patients: Sequence[str]
    names: Sequence[str]
    found: SampleRows
    entries: NDArray[np.int64]
    fingerprint: str

    @property
    def patterns(self) -> NDArray[np.bool_]:
        """(1, n) the patients of the file."""
        return self.found.pattern

    def sizes(self) -> NDArray[np.int64]:
        """(G,) entries of each variant."""
        return self.entries

    def block(self, begin: int, end: int) -> FeatureBlock:
        """Read variants begin .. end (exclusive)."""
        columns = (
            (own := dosages[self.found.samples], np.isnan(own))
            for dosages in self.dosages(begin, end)
        )
        return block_of_values(self.names[begin:end], columns, self.found.rows)

    def dosages(self, begin: int, end: int) -> Iterator[NDArray[np.float64]]:
        """Give for each variant the dosages of everybody in the file, NaN where there is none."""
        if begin == end:
            return
        frame = scan_parquet(self.file, self.folder)
        if self.layout == "patient_id":
            frame = frame.select(pl.col(name).cast(pl.Float64) for name in self.columns[begin:end])
            yield from (column.to_numpy() for column in collected(frame, self.file))
            return
        frame = frame.slice(begin, end - begin).select(
            pl.col(name).cast(pl.Float64) for name in self.columns
        )
        yield from collected(frame, self.file).to_numpy()


def open_dosages(
    file: str,
    *,
    folder: Path,
    patients: Sequence[str],
    others: Others = "refuse",
) -> DosageFeatures:
    """Open a table of dosages, and check all of it, some variants at a time.

    The table has a column ``patient_id`` and a column of numbers for each variant, or a column
    ``variant_id`` and a column for each patient. A dosage is the expected number of copies of an
    allele, 0 to 2; an empty cell is a patient not tested for that variant.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.
    patients
        (n,) patient ids; those the table lacks are not tested.
    others
        Whether people of the table who are no patients are refused, or passed over.

    Raises
    ------
    DataError
        With everything wrong: no or both of the two columns, ids that are empty or stand twice,
        columns without numbers, people who are no patients, dosages below 0 or above 2.
    """
    frame = open_parquet(file, folder)
    schema = frame.collect_schema()
    layout = _layout(list(schema), file)
    columns = tuple(name for name in schema if name != layout)
    message = "holds {}, and dosages were expected"
    problems = [
        DataProblem(file, message.format(schema[name]), "Leave it out.", column=name)
        for name in columns
        if not schema[name].is_numeric()
    ]
    labels, found_problems = _labels(frame, layout, file)
    people, names = (labels, columns) if layout == "patient_id" else (columns, labels)
    problems = clipped(problems) + found_problems
    found = SampleRows(np.empty(0, np.intp), np.empty(0, np.int32), len(patients))
    try:
        found = sample_rows(people, patients, file, others)
    except DataError as error:
        problems += error.problems
    if problems:
        raise DataError(problems)
    source = DosageFeatures(
        file=file,
        folder=folder,
        layout=layout,
        columns=columns,
        patients=tuple(patients),
        names=tuple(names),
        found=found,
        entries=np.zeros(len(names), np.int64),
        fingerprint=content_hash([folder / file], layout, "\0".join(patients), others),
    )
    _count(source, len(people))
    return source


def _layout(headers: Sequence[str], file: str) -> Layout:
    there: list[Layout] = [name for name in ("patient_id", "variant_id") if name in headers]
    if len(there) == 1:
        return there[0]
    message = "has both patient_id and" if there else "has neither patient_id nor"
    remedy = (
        "With patient_id every other column is a variant, with variant_id every other is a patient."
    )
    raise DataError([DataProblem(file, f"{message} variant_id", remedy, row=1)])


def _labels(
    frame: pl.LazyFrame, layout: Layout, file: str
) -> tuple[tuple[str, ...], list[DataProblem]]:
    """Read the column that names the rows."""
    cells = collected(frame.select(as_text(frame, layout)), file).to_series().to_list()
    count = Counter(cells)
    problems = [
        DataProblem(file, "is empty", "Fill the cell, or remove the row.", row, layout)
        if not cell
        else DataProblem(file, "stands twice", "Keep one of the rows.", row, layout, cell)
        for row, cell in enumerate(cells, FIRST_ROW)
        if not cell or count[cell] > 1
    ]
    return tuple(cell or "" for cell in cells), clipped(problems)


def _count(source: DosageFeatures, people: int) -> None:
    """Count the entries of each variant.

    Raises
    ------
    DataError
        Naming the dosages that cannot be.
    """
    step = max(1, _CELLS_AT_ONCE // max(people, 1))
    bad: list[tuple[int, int, float]] = []
    total = 0
    for begin in range(0, len(source.names), step):
        end = min(begin + step, len(source.names))
        for j, dosages in enumerate(source.dosages(begin, end), begin):
            own = dosages[source.found.samples]
            source.entries[j] = np.count_nonzero(own)  # one that is missing is not 0, either
            wrong = np.flatnonzero((dosages < 0) | (dosages > _MOST))
            total += len(wrong)
            room = LISTED - len(bad)
            bad += [(j, i, float(dosages[i])) for i in wrong[: max(room, 0)].tolist()]
    problems = []
    for variant, person, value in bad:
        row, column = (person, variant) if source.layout == "patient_id" else (variant, person)
        header = source.columns[column]
        remedy = "A dosage is 0 to 2 copies of an allele; leave a cell empty where it is not known."
        message = "is no dosage from 0 to 2"
        problems.append(
            DataProblem(source.file, message, remedy, row + FIRST_ROW, header, f"{value:g}")
        )
    if total > len(bad):
        problems.append(DataProblem(source.file, f"and {total - len(bad)} more cells like these"))
    if problems:
        raise DataError(problems)
