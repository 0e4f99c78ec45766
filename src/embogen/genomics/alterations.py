"""From calls and panels to genotypes: the `AlterationMatrix` of a study."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import COUNTABLE_CLASSES, MutationCalls
from embogen.genomics.coverage import (
    Bench,
    GeneState,
    gene_states,
    genes_in_play,
    split_by_panel,
    tested_genes,
)
from embogen.genomics.filters import NO_CONDITIONS, VariantFilter, counted_calls
from embogen.genomics.impact_ids import with_impact_panels
from embogen.genomics.matrix import AlterationMatrix
from embogen.genomics.panels import GenePanel

__all__ = [
    "AlterationMatrix",
    "GeneState",
    "GenotypeRules",
    "Genotyped",
    "build_alterations",
    "genotyped",
]

_LISTED: Final = 20
_UNREAD: Final = ("variant_classification", "source_row")
"""Columns of calls that neither conditions nor states look at: not copied for each patient."""
_OF_A_CALL: Final = ("row", "panel", "gene", "alteration_class", "protein_change", "locus")
_BARCODE: Final = "Tumor_Sample_Barcode"


@dataclass(frozen=True, slots=True)
class GenotypeRules:
    """What counts as altered, and what counts as tested.

    Parameters
    ----------
    count_as
        Alteration classes that count; ``any`` counts every class of `COUNTABLE_CLASSES`. A call
        whose kind the file does not tell (class ``any``) always counts.
    coverage
        ``panel``: a gene is tested where the specimen's panel lists it. ``all_genes``: the plan
        declares that every sequenced specimen was tested for every gene (an exome).
    without_calls
        Where the study has no specimens table: whether a patient absent from the mutation file
        is ``not_tested`` or ``wild_type``.
    conditions
        What else a call must meet to count.
    """

    count_as: tuple[str, ...] = (
        "missense",
        "truncating",
        "splice",
        "inframe",
        "homozygous_deletion",
    )
    coverage: Literal["panel", "all_genes"] = "panel"
    without_calls: Literal["not_tested", "wild_type"] = "not_tested"
    conditions: VariantFilter = NO_CONDITIONS

    @property
    def counted(self) -> frozenset[str]:
        """The classes that count."""
        if "any" in self.count_as:
            return frozenset(COUNTABLE_CLASSES)
        return frozenset((*self.count_as, "any"))


@dataclass(frozen=True, slots=True, eq=False)
class Genotyped:
    """Genotypes, and the calls they rest on.

    Parameters
    ----------
    matrix
        The genotypes.
    caveats
        What there is to say of them.
    calls
        The calls that count, on genes tested: ``row`` of the patient in the matrix, ``gene``,
        ``alteration_class``, ``protein_change``, and ``locus`` where the reader gave it.
    """

    matrix: AlterationMatrix
    caveats: tuple[Caveat, ...]
    calls: pl.DataFrame


def build_alterations(
    patients: Sequence[str],
    specimens: pl.DataFrame | None,
    calls: MutationCalls,
    panels: Mapping[str, GenePanel],
    rules: GenotypeRules,
    *,
    genes: Sequence[str] | None = None,
    use: Collection[str] | None = None,
    known_elsewhere: Collection[str] = (),
) -> tuple[AlterationMatrix, tuple[Caveat, ...]]:
    """Build the genotype of each patient and gene.

    A gene is *altered* where a specimen tested for it has a call of a class that counts; *wild
    type* where one was tested and none has; *failed* where only failed specimens could have shown
    it; *not tested* otherwise: no specimen, or the gene is not on the panel, or the panel is
    unknown. Calls on a specimen whose panel is unknown count for nothing: to take them as altered
    while silence means nothing would make every tested patient altered.

    Parameters
    ----------
    patients
        Patient ids, the rows of the matrix.
    specimens
        ``specimen_id``, ``patient_id``, and where known ``panel`` and ``status``; or None, when
        the samples of the mutation file are the patients themselves.
    calls
        From a reader. With `MutationCalls.tested` that says what was tested, and panels do not.
    panels
        Panel id to panel. Where specimens name no panel at all and one panel is given, it is
        taken for all of them.
    rules
        What counts.
    genes
        Columns of the matrix; None for every gene of the panels in use or with a call that counts.
    use
        Ids of the specimens that may speak for their patient; None for all.
    known_elsewhere
        Sample ids that are known and not in the study; calls on them are passed over.

    Returns
    -------
    matrix
        The genotypes; patients in the order given, genes in alphabetical order unless given.
    caveats
        ``unknown_panel``, ``calls_off_panel``, ``no_panel``, ``specimens_without_calls``,
        ``calls_left_out``, ``panel_from_sample_id``, ``panel_conflict``.

    Raises
    ------
    DataError
        Calls on samples no specimen (or patient) accounts for, and calls on failed specimens.

    Notes
    -----
    Of several specimens of a patient, one altered makes the patient altered. A call in a gene
    that the specimen's panel does not list is set aside with a caveat: panel and mutation file
    disagree, usually over a gene's name, and the gene stays not tested.
    """
    found = genotyped(
        patients,
        specimens,
        calls,
        panels,
        rules,
        genes=genes,
        use=use,
        known_elsewhere=known_elsewhere,
    )
    return found.matrix, found.caveats


def genotyped(
    patients: Sequence[str],
    specimens: pl.DataFrame | None,
    calls: MutationCalls,
    panels: Mapping[str, GenePanel],
    rules: GenotypeRules,
    *,
    genes: Sequence[str] | None = None,
    use: Collection[str] | None = None,
    known_elsewhere: Collection[str] = (),
) -> Genotyped:
    """Build genotypes as `build_alterations` does, and give the calls they rest on.

    Raises
    ------
    DataError
        As `build_alterations`.
    """
    table = _specimen_table(patients, specimens, calls, rules)
    _refuse_strangers(table, calls, known_elsewhere, whole=specimens is not None)
    place = {patient: i for i, patient in enumerate(patients)}
    table = table.with_columns(
        pl.col("patient_id").replace_strict(place, default=-1, return_dtype=pl.Int64).alias("row")
    ).filter(pl.col("row") >= 0)
    if use is not None:
        table = table.filter(pl.col("specimen_id").is_in(list(use)))
    table, told = with_impact_panels(table)
    table = _with_panel(table, panels)
    caveats = [*told, *_panel_caveats(table, panels, calls, rules)]
    on_bench = calls.calls.drop(_UNREAD).join(
        table.filter(~pl.col("failed")).select("panel", "row", sample_id="specimen_id"),
        on="sample_id",
    )
    counted, left_out = counted_calls(on_bench, rules.counted, rules.conditions, calls.source)
    counted = counted.select(name for name in _OF_A_CALL if name in counted.columns)
    caveats += left_out
    columns = tuple(genes) if genes is not None else genes_in_play(table, counted, panels, calls)
    bench = Bench(table, columns, len(patients), rules.coverage == "all_genes")
    tested = tested_genes(bench, calls, panels)
    kept, off_panel = split_by_panel(counted, calls, panels, whole_genome=bench.whole_genome)
    caveats += _off_panel_caveat(off_panel, columns)
    states, classes = gene_states(bench, kept, tested, panels)
    caveats += _silent_specimens(table, calls)
    matrix = AlterationMatrix(tuple(patients), columns, states, classes)
    return Genotyped(matrix, tuple(caveats), kept)


def _specimen_table(
    patients: Sequence[str],
    specimens: pl.DataFrame | None,
    calls: MutationCalls,
    rules: GenotypeRules,
) -> pl.DataFrame:
    """Return specimen_id, patient_id, panel, failed; made from the patients where there is none."""
    if specimens is None:
        called = set(calls.sample_ids)
        wild = rules.without_calls == "wild_type"
        ids = [patient for patient in patients if wild or patient in called]
        specimens = pl.DataFrame({"specimen_id": ids, "patient_id": ids}).cast(pl.String)
    failed = pl.lit(value=False)
    if "status" in specimens.columns:
        failed = (pl.col("status") == "failed").fill_null(value=False)
    panel = pl.col("panel") if "panel" in specimens.columns else pl.lit(None, pl.String)
    return specimens.select(
        "specimen_id", "patient_id", panel.alias("panel"), failed.alias("failed")
    )


def _refuse_strangers(
    table: pl.DataFrame, calls: MutationCalls, known_elsewhere: Collection[str], *, whole: bool
) -> None:
    """Raise on samples nobody accounts for, and on calls of specimens said to have failed."""
    known = table["specimen_id"].to_list()
    rows = calls.calls.group_by("sample_id").agg(pl.len(), pl.col("source_row").min())
    where = {sample: (count, row) for sample, count, row in rows.iter_rows()}
    strangers = sorted(
        set(calls.sample_ids) - set(known) - set(known_elsewhere),
        key=lambda sample: (where.get(sample, (0, 0))[1], sample),
    )
    what = "specimen of the specimens table" if whole else "patient of the patients table"
    problems = []
    for sample in strangers[:_LISTED]:
        count, row = where.get(sample, (0, None))
        close = difflib.get_close_matches(sample, known, n=1, cutoff=0.85)
        remedy = f'Did you mean "{close[0]}"? ' if close else ""
        remedy += "Add it there, or remove its calls; `where` leaves rows out knowingly."
        message = f"is no {what} ({_n(count, 'call')})"
        problems.append(
            DataProblem(calls.source, message, remedy, row=row, column=_BARCODE, value=sample)
        )
    if len(strangers) > _LISTED:
        more = f"and {len(strangers) - _LISTED} more samples with this problem"
        problems.append(DataProblem(calls.source, more, column=_BARCODE))
    failed = set(table.filter(pl.col("failed"))["specimen_id"])
    for sample in sorted(failed & set(where)):
        count, row = where[sample]
        message = f"has {_n(count, 'call')}, and the specimens table says its sequencing failed"
        remedy = "Correct its status, or remove the calls."
        problems.append(
            DataProblem(calls.source, message, remedy, row=row, column=_BARCODE, value=sample)
        )
    if problems:
        raise DataError(problems)


def _with_panel(table: pl.DataFrame, panels: Mapping[str, GenePanel]) -> pl.DataFrame:
    """Give every specimen the only panel there is, where specimens name none."""
    listed = [name for name, panel in panels.items() if not panel.every_gene]
    if len(listed) == 1 and table["panel"].null_count() == table.height:
        return table.with_columns(pl.lit(listed[0]).alias("panel"))
    return table


def _panel_caveats(
    table: pl.DataFrame,
    panels: Mapping[str, GenePanel],
    calls: MutationCalls,
    rules: GenotypeRules,
) -> list[Caveat]:
    if calls.tested is not None or table.is_empty():
        return []
    unknown = table.filter(~pl.col("panel").is_in(list(panels)).fill_null(value=False))
    if unknown.is_empty():
        return []
    count = unknown.height
    if rules.coverage == "all_genes":
        message = (
            f"The study file declares that {_n(count, 'specimen')} without a known gene panel "
            "were tested for every gene; a gene that was not sequenced would count as wild type."
        )
        return [Caveat("no_panel", message, {"specimens": count})]
    names = sorted(set(unknown["panel"].drop_nulls()))
    shown = ", ".join(f'"{name}"' for name in names[:5])
    said = f" ({shown} {'is' if len(names) == 1 else 'are'} not among the panel files)"
    message = (
        f"The gene panel of {_n(count, 'specimen')} is not known{said if names else ''}: "
        "nothing is taken as tested there. Add the panel file, or declare genes.coverage."
    )
    return [Caveat("unknown_panel", message, {"specimens": count})]


def _n(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _off_panel_caveat(off_panel: pl.DataFrame, columns: Sequence[str]) -> list[Caveat]:
    if off_panel.is_empty():
        return []
    genes = sorted(set(off_panel["gene"]) & set(columns)) or sorted(set(off_panel["gene"]))
    shown = ", ".join(genes[:8]) + (", ..." if len(genes) > 8 else "")  # noqa: PLR2004 - one line
    message = (
        f"{_n(off_panel.height, 'call')} in genes that the panel of the specimen does not list "
        f"({shown}) were set aside: panel and mutation file disagree, perhaps over a gene's name."
    )
    return [Caveat("calls_off_panel", message, {"calls": off_panel.height, "genes": len(genes)})]


def _silent_specimens(table: pl.DataFrame, calls: MutationCalls) -> list[Caveat]:
    """Say how many sequenced specimens the mutation file does not name."""
    named = set(calls.sample_ids)
    sequenced = table.filter(~pl.col("failed"))["specimen_id"].to_list()
    silent = [specimen for specimen in sequenced if specimen not in named]
    if not silent:
        return []
    state = "wild type for the genes tested" if calls.tested is None else "not tested"
    message = (
        f"{_n(len(silent), 'specimen')} said to be sequenced but not found in {calls.source}; "
        f"they count as {state}."
    )
    evidence = {"specimens": len(silent), "sequenced": len(sequenced)}
    return [Caveat("specimens_without_calls", message, evidence)]
