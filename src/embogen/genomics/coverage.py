"""What a set of specimens was tested for, and the states that follow: arrays from tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embogen.genomics.calls import MutationCalls
from embogen.genomics.classes import AlterationClasses
from embogen.genomics.panels import GenePanel


class GeneState(IntEnum):
    """What is known of a gene in a patient. NOT_TESTED and FAILED are never wild type."""

    WILD_TYPE = 0
    ALTERED = 1
    NOT_TESTED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """Specimens and genes: what the states rest on.

    Parameters
    ----------
    specimens
        ``specimen_id``, ``patient_id``, ``panel``, ``failed`` and ``row`` (of the patient).
    genes
        (g,) gene symbols.
    n_patients
        Rows of the result.
    whole_genome
        Whether a specimen without a known panel counts as tested for every gene.
    """

    specimens: pl.DataFrame
    genes: tuple[str, ...]
    n_patients: int
    whole_genome: bool


def genes_in_play(
    table: pl.DataFrame,
    counted: pl.DataFrame,
    panels: Mapping[str, GenePanel],
    calls: MutationCalls,
) -> tuple[str, ...]:
    """Every gene of the panels in use, of the tested pairs, and with a call that counts."""
    genes = set(counted["gene"])
    if calls.tested is not None:
        return tuple(sorted(genes | set(calls.tested["gene"])))
    for name in set(table["panel"].drop_nulls()) & set(panels):
        genes |= panels[name].genes
    return tuple(sorted(genes))


def tested_genes(
    bench: Bench,
    calls: MutationCalls,
    panels: Mapping[str, GenePanel],
) -> NDArray[np.bool_]:
    """(n, g) whether a sequenced specimen of the patient was tested for the gene."""
    tested = np.zeros((bench.n_patients, len(bench.genes)), bool)
    sequenced = bench.specimens.filter(~pl.col("failed"))
    if calls.tested is not None:
        column = {gene: j for j, gene in enumerate(bench.genes)}
        pairs = calls.tested.join(
            sequenced.rename({"specimen_id": "sample_id"}), on="sample_id"
        ).filter(pl.col("gene").is_in(list(column)))
        at = pairs["gene"].replace_strict(column, return_dtype=pl.Int64).to_numpy()
        tested[pairs["row"].to_numpy(), at] = True
        return tested
    for name, rows in sequenced.group_by("panel").agg("row").iter_rows():
        tested[np.unique(np.asarray(rows, np.intp))] |= _covers(bench, name, panels)
    return tested


def _covers(bench: Bench, name: str | None, panels: Mapping[str, GenePanel]) -> NDArray[np.bool_]:
    """(g,) genes a specimen on this panel was tested for."""
    panel = panels.get(name) if name is not None else None
    if panel is None:
        return np.full(len(bench.genes), bench.whole_genome)
    if panel.every_gene:
        return np.ones(len(bench.genes), bool)
    return np.array([gene in panel.genes for gene in bench.genes], dtype=bool)


def split_by_panel(
    counted: pl.DataFrame,
    calls: MutationCalls,
    panels: Mapping[str, GenePanel],
    *,
    whole_genome: bool,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the calls that count into those the panel covers and those it does not."""
    if calls.tested is not None:
        return counted, counted.clear()
    known = pl.col("panel").is_in(list(panels)).fill_null(value=False)
    covered = pl.DataFrame(
        {
            "panel": [name for name, panel in panels.items() for _ in panel.genes],
            "gene": [gene for panel in panels.values() for gene in panel.genes],
        },
        schema={"panel": pl.String, "gene": pl.String},
    )
    whole = [name for name, panel in panels.items() if panel.every_gene]
    every = pl.col("panel").is_in(whole).fill_null(value=False)
    inside = pl.concat(
        [counted.join(covered, on=["panel", "gene"], how="semi"), counted.filter(every)]
    )
    off_panel = counted.filter(known & ~every).join(covered, on=["panel", "gene"], how="anti")
    if whole_genome:
        inside = pl.concat([inside, counted.filter(~known)])
    return inside, off_panel


def gene_states(
    bench: Bench,
    kept: pl.DataFrame,
    tested: NDArray[np.bool_],
    panels: Mapping[str, GenePanel],
) -> tuple[NDArray[np.int8], AlterationClasses]:
    """Return (n, g) states and alteration classes, from counted calls and what was tested."""
    states = np.full(tested.shape, GeneState.NOT_TESTED, np.int8)
    failed = bench.specimens.filter(pl.col("failed"))
    for name, rows in failed.group_by("panel").agg("row").iter_rows():
        could = np.ones(len(bench.genes), bool)
        if name in panels and not panels[name].every_gene:
            could = np.array([gene in panels[name].genes for gene in bench.genes], dtype=bool)
        states[np.ix_(np.unique(np.asarray(rows, np.intp)), could)] = GeneState.FAILED
    states[tested] = GeneState.WILD_TYPE
    column = {gene: j for j, gene in enumerate(bench.genes)}
    calls = kept.filter(pl.col("gene").is_in(list(column)))
    cells = (
        calls["row"].to_numpy(),
        calls["gene"].replace_strict(column, return_dtype=pl.Int64).to_numpy(),
    )
    states[cells] = GeneState.ALTERED
    return states, AlterationClasses.of_calls(tested.shape, cells, calls["alteration_class"])
