"""Parquet tables of patient, gene and state as features: read some genes at a time, never whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.feature_blocks import FeatureBlock
from embogen.genomics.gene_names import GeneNames, renamed_caveats
from embogen.genomics.panels import GenePanel
from embogen.genomics.tested_patterns import TestedPatterns, patterns_of_panels
from embogen.io.alteration_faults import (
    STATES,
    PairFaults,
    cell_faults,
    column_faults,
    genes_without_panel,
)
from embogen.io.parquet_file import (
    ROW,
    as_text,
    collected,
    content_hash,
    open_parquet,
    scan_parquet,
)
from embogen.io.sample_rows import Others, PatientIndex, no_patient_at_all

_AT_ONCE: Final = 4_000_000
_ALTERED: Final = STATES.index("altered")
_WILD_TYPE: Final = STATES.index("wild_type")
_NAMED: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class AlterationsParquet:
    """Genes of a Parquet table as features; made by `open_alterations`, which checks the table.

    Parameters
    ----------
    file, folder
        Where the table is.
    headers
        Headers of patient_id, gene and state.
    patients
        (n,) patient ids: what rows count.
    names
        (G,) current gene symbols, in alphabetical order.
    renames
        Older symbols that the file uses, and their current ones.
    tested
        Who was tested for each gene.
    by_rows
        (G,) genes on no panel, for which the rows of the table say who was tested.
    entries
        (G,) rows of the table that a block must hold.
    fingerprint
        Hash of the file's content and of what it is read with.
    others
        Whether rows of people who are no patients are errors, or passed over.
    index
        Row of each patient.
    """

    file: str
    folder: Path
    headers: tuple[str, str, str]
    patients: Sequence[str]
    names: Sequence[str]
    renames: Mapping[str, str]
    tested: TestedPatterns
    by_rows: NDArray[np.bool_]
    entries: NDArray[np.int64]
    fingerprint: str
    others: Others
    index: PatientIndex

    @property
    def patterns(self) -> NDArray[np.bool_]:
        """(k, n) the distinct sets of patients tested."""
        return self.tested.patterns

    def sizes(self) -> NDArray[np.int64]:
        """(G,) entries of each gene."""
        return self.entries

    def block(self, begin: int, end: int) -> FeatureBlock:
        """Read genes begin .. end (exclusive).

        Raises
        ------
        DataError
            When the file is no longer what was checked.
        """
        if begin == end:
            return FeatureBlock.of_carriers([], [], np.empty(0, np.int32))
        pairs = self.pairs(begin, end)
        faults = PairFaults.of(self.headers)
        faults.look(pairs)
        if problems := faults.problems(self.file):
            raise DataError(problems)
        gene, row, state = (pairs[name].to_numpy() for name in ("gene", "row", "state"))
        pattern = self.tested.of[begin:end]
        covered = self.patterns[pattern[gene], row]
        altered = covered & (state == _ALTERED)
        known = altered | (covered & (state == _WILD_TYPE))
        unknown = covered & ~known
        g = end - begin
        missing = [row[unknown & (gene == j)] for j in range(g)] if unknown.any() else []
        for j in np.flatnonzero(self.by_rows[begin:end]).tolist():
            missing = missing or [row[:0]] * g
            silent = np.ones(len(self.patients), bool)
            silent[row[known & (gene == j)]] = False
            missing[j] = np.flatnonzero(silent).astype(np.int32)
        lengths = [len(part) for part in missing] or [0] * g
        counts = np.bincount(gene[altered], minlength=g)
        return FeatureBlock(
            names=tuple(self.names[begin:end]),
            start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            carriers=row[altered],
            values=None,
            pattern=pattern,
            untested_start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            untested=np.concatenate(missing) if missing else np.empty(0, np.int32),
        )

    def pairs(self, begin: int, end: int) -> pl.DataFrame:
        """Read the rows of genes begin .. end: gene, row, state as numbers, and the file's row.

        Sorted by gene and patient; one who is no patient of the study has no `row`, or is left out
        where others are passed over.
        """
        span = self.names[begin:end]
        frame = scan_parquet(self.file, self.folder, with_rows=True)
        patient, gene, state = (as_text(frame, header) for header in self.headers)
        read = collected(
            frame.filter(self._within(gene, span)).select(
                patient.alias("patient_id"),
                gene.replace(self.renames)
                .cast(pl.Enum(span))
                .to_physical()
                .cast(pl.Int32)
                .alias("gene"),
                state.cast(pl.Enum(STATES)).to_physical().alias("state"),
                ROW,
            ),
            self.file,
        )
        rows = self.index.rows(read["patient_id"])
        found = read.with_columns(rows.alias("row"))
        if rows.null_count() and self.others == "pass_over":
            found = found.filter(pl.col("row").is_not_null())
        n = len(self.patients)
        key = found["gene"].to_numpy().astype(np.int64) * (n + 1)
        key += found["row"].fill_null(n).to_numpy()
        return found if bool((key[1:] >= key[:-1]).all()) else found[np.argsort(key, kind="stable")]

    def _within(self, gene: pl.Expr, span: Sequence[str]) -> pl.Expr:
        """Tell whether a row's gene is one of some; most row groups can be skipped."""
        inside = gene.is_between(pl.lit(span[0]), pl.lit(span[-1]))
        current = set(span)
        strays = [
            old
            for old, new in self.renames.items()
            if span[0] <= old <= span[-1] and new not in current
        ]
        older = [old for old, new in self.renames.items() if new in current]
        inside = inside & ~gene.is_in(strays) if strays else inside
        return inside | gene.is_in(older) if older else inside


def open_alterations(
    file: str,
    *,
    folder: Path,
    patients: Sequence[str],
    panel_of: Sequence[str | None],
    panels: Mapping[str, GenePanel],
    whole_genome: bool = False,
    columns: Mapping[str, str] | None = None,
    others: Others = "refuse",
    gene_names: GeneNames | None = None,
) -> tuple[AlterationsParquet, tuple[Caveat, ...]]:
    """Open a table with a row for each patient and gene, and check all of it, some genes at a time.

    A state is ``altered``, ``wild_type``, ``not_tested`` or ``failed``. A pair without a row is
    wild type where the patient's panel holds the gene, and not tested elsewhere. A gene that no
    panel holds is tested where the table has a row that says altered or wild_type; where it has
    none that says wild_type, nobody knows who was tested, and that is an error.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`. Rows may be in any order; those sorted by
        gene are read faster.
    folder
        Folder of the study file.
    patients
        (n,) patient ids.
    panel_of
        (n,) the panel of each, None where it is not known.
    panels
        Panel id to panel.
    whole_genome
        Whether a patient without a known panel was tested for every gene.
    columns
        ``patient_id``, ``gene``, ``state`` to their headers in the file.
    others
        Whether rows of people who are no patients are errors, or passed over.
    gene_names
        Current symbols, under which genes of the table are taken; as they stand there when not
        given. Those of `panels` must be current already.

    Returns
    -------
    source
        What a scan reads.
    caveats
        ``genes_renamed``, ``unknown_panel`` and ``calls_off_panel``.

    Raises
    ------
    DataError
        With everything wrong in the table: columns missing, empty cells, unknown states, patients
        nobody knows, pairs that stand twice, genes without a panel.
    """
    headers = tuple((columns or {}).get(name, name) for name in ("patient_id", "gene", "state"))
    frame = open_parquet(file, folder)
    column_faults(frame, headers, file)
    problems = cell_faults(scan_parquet(file, folder, with_rows=True), headers, file)
    if problems:
        raise DataError(problems)
    counted, renames, renamed = _current(_count(frame, headers, file), gene_names, file)
    used = [panels[name] for name in {name for name in panel_of if name} & set(panels)]
    names = sorted({*counted["gene"], *(gene for panel in used for gene in panel.genes)})
    tested = patterns_of_panels(panel_of, panels, names, whole_genome=whole_genome)
    table = {gene: rest for gene, *rest in counted.iter_rows()}
    stored, wild = np.array([table.get(gene, (0, 0)) for gene in names], np.int64).reshape(-1, 2).T
    somebody: NDArray[np.bool_] = np.any(tested.patterns, axis=1)
    by_rows = ~somebody[tested.of]
    problems = genes_without_panel(names, by_rows & (wild == 0), file)
    tested = _with_everybody(tested, by_rows)
    choices = (*headers, "\0".join(patients), "\0".join(names), others)
    choices += (repr(sorted(renames.items())),) if renames else ()
    patterns = (tested.patterns.tobytes().hex(), tested.of.tobytes().hex())
    source = AlterationsParquet(
        file=file,
        folder=folder,
        headers=(headers[0], headers[1], headers[2]),
        patients=tuple(patients),
        names=tuple(names),
        renames=renames,
        tested=tested,
        by_rows=by_rows,
        entries=stored + by_rows * len(patients),
        fingerprint=content_hash([folder / file], *choices, *patterns),
        others=others,
        index=PatientIndex(patients),
    )
    off_panel, found = _check(source, stored)
    if problems or found:
        raise DataError([*problems, *found])
    caveats = _caveats(off_panel, panel_of, panels, whole_genome=whole_genome)
    return source, (*renamed, *caveats)


def _count(frame: pl.LazyFrame, headers: Sequence[str], file: str) -> pl.DataFrame:
    """Count the rows of each gene: those a block holds, and those that say wild type."""
    wild = as_text(frame, headers[2]) == STATES[_WILD_TYPE]
    return collected(
        frame.group_by(as_text(frame, headers[1]).alias("gene")).agg(
            (~wild).sum().alias("stored"), wild.sum().alias("wild")
        ),
        file,
        row_order=False,
    )


def _current(
    counted: pl.DataFrame, gene_names: GeneNames | None, file: str
) -> tuple[pl.DataFrame, dict[str, str], tuple[Caveat, ...]]:
    """Count a gene's rows under its current symbol, and say which symbols changed."""
    symbols = counted["gene"].to_list()
    renames = gene_names.changed(symbols) if gene_names is not None else {}
    if not renames:
        return counted, {}, ()
    gene = pl.col("gene").replace(renames)
    together = counted.group_by(gene).agg(pl.col("stored").sum(), pl.col("wild").sum())
    return together, renames, renamed_caveats(renames, symbols, file)


def _with_everybody(tested: TestedPatterns, by_rows: NDArray[np.bool_]) -> TestedPatterns:
    """Take everybody as tested for the genes whose rows say who was not."""
    if not by_rows.any():
        return tested
    everybody = np.ones((1, tested.patterns.shape[1]), bool)
    of = np.where(by_rows, len(tested.patterns), tested.of)
    used, of = np.unique(of, return_inverse=True)
    return TestedPatterns(np.vstack([tested.patterns, everybody])[used], of.astype(np.int32))


def _check(source: AlterationsParquet, rows: NDArray[np.int64]) -> tuple[int, list[DataProblem]]:
    """Look at every pair, as many genes at once as have some million rows of the table.

    Returns
    -------
    off_panel
        Altered pairs whose panel does not hold the gene.
    problems
    """
    faults = PairFaults.of(source.headers)
    off_panel = found = 0
    for begin, end in ranges(rows, _AT_ONCE):
        pairs = source.pairs(begin, end)
        faults.look(pairs)
        known = pairs.filter((pl.col("state") == _ALTERED) & pl.col("row").is_not_null())
        gene, row = known["gene"].to_numpy(), known["row"].to_numpy()
        found += pairs.height
        off_panel += int((~source.patterns[source.tested.of[begin:end][gene], row]).sum())
    nobody = source.others == "pass_over" and rows.any() and not found
    problems = [no_patient_at_all(source.file)] if nobody else []
    return off_panel, [*problems, *faults.problems(source.file)]


def ranges(sizes: NDArray[np.int64], limit: int) -> list[tuple[int, int]]:
    """Part features into ranges whose sizes add up to about a limit, one feature at least.

    Examples
    --------
    >>> ranges(np.array([3, 3, 9, 1, 1]), 6)
    [(0, 2), (2, 3), (3, 5)]
    """
    parts, begin, total = [], 0, 0
    for j, size in enumerate(sizes.tolist()):
        if j > begin and total + size > limit:
            parts.append((begin, j))
            begin, total = j, 0
        total += size
    return [*parts, (begin, len(sizes))] if len(sizes) else []


def _caveats(
    off_panel: int,
    panel_of: Sequence[str | None],
    panels: Mapping[str, GenePanel],
    *,
    whole_genome: bool,
) -> tuple[Caveat, ...]:
    """Say of how many patients the panel is not known, and which pairs their panel contradicts."""
    caveats = []
    unknown = [name for name in panel_of if name is None or name not in panels]
    if unknown and panels and not whole_genome:
        named = sorted({name for name in unknown if name is not None})
        said = f" ({', '.join(named[:_NAMED])})" if named else ""
        message = (
            f"The gene panel of {len(unknown)} patients is not known{said}: nothing is taken as "
            "tested there. Add the panel, or declare that the whole genome was tested."
        )
        caveats.append(Caveat("unknown_panel", message, {"patients": len(unknown)}))
    if off_panel:
        message = (
            f"{off_panel} altered pairs in genes that the patient's panel does not hold were set "
            "aside: panel and table disagree, perhaps over a gene's name."
        )
        caveats.append(Caveat("calls_off_panel", message, {"calls": off_panel}))
    return tuple(caveats)
