"""From the plan's genomic files beyond mutations and panels to what genotypes are built from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from embogen.errors import DataError, PlanError, PlanProblem
from embogen.genomics.filters import Hotspots
from embogen.genomics.gene_names import (
    NO_OWN_NAMES,
    GeneNames,
    harmonise_calls,
    harmonise_panels,
)
from embogen.genomics.panels import GenePanel
from embogen.io.bed import read_bed
from embogen.io.copy_number import read_copy_number
from embogen.io.gene_aliases import read_gene_aliases
from embogen.io.gene_panel import read_panels
from embogen.io.genie import read_genomic_information
from embogen.io.hotspots import read_hotspots
from embogen.io.panel_matrix import read_case_lists, read_panel_matrix
from embogen.io.panel_table import read_panel_table
from embogen.io.structural_variants import read_structural_variants

if TYPE_CHECKING:
    from pathlib import Path

    from embogen.caveats import Caveat
    from embogen.errors import DataProblem
    from embogen.genomics.calls import MutationCalls
    from embogen.io.cbioportal.study import FolderInputs
    from embogen.study.parse import Study
    from embogen.study.plan import StudyPlan
    from embogen.study.plan_genes import CopyNumberSpec, PanelSpec

EVERY_GENE = ("WES", "WXS", "WGS")
"""Names of assays that are no panel: every gene was read."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Genomics:
    """What the plan's genomic files hold, mutations and panels apart.

    Parameters
    ----------
    names
        Older and current symbols.
    hotspots
        Residues of the plan's condition on calls.
    copy_number, structural_variants
        Calls of further assays.
    panel_of
        Assay to specimen to panel, from a panel matrix; an assay that is not in it is told by the
        specimens table.
    assayed
        Assay to the specimens that had it, from case lists.
    """

    names: GeneNames = NO_OWN_NAMES
    hotspots: Hotspots | None = None
    copy_number: MutationCalls | None = None
    structural_variants: MutationCalls | None = None
    panel_of: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    assayed: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)


NO_GENOMICS = Genomics()
"""Nothing beyond mutations and panels."""


def genomic_files(plan: StudyPlan) -> list[str]:
    """Name the files read here, in the order of the plan."""
    data, genes = plan.data, plan.genes
    sections = (
        data.copy_number,
        data.structural_variants,
        data.panel_matrix,
        data.case_lists,
        data.alterations,
        genes.filter.hotspots,
    )
    names = [section.file for section in sections if section is not None]
    return names if genes.alias_file is None else [*names, genes.alias_file]


def read_genomics(study: Study, problems: list[DataProblem]) -> tuple[Genomics, tuple[Caveat, ...]]:
    """Read them all; what is wrong with a file joins the problems of the others.

    Raises
    ------
    PlanError
        When renames of genes come back to where they began.
    """
    data, folder = study.plan.data, study.folder
    names = _attempt(problems, lambda: _gene_names(study)) or NO_OWN_NAMES
    hotspots = levels = variants = None
    caveats: tuple[Caveat, ...] = ()
    if (hot := study.plan.genes.filter.hotspots) is not None:
        listed = _attempt(problems, lambda: read_hotspots(hot.file, folder=folder)) or frozenset()
        residues = frozenset((names.current(gene), residue) for gene, residue in listed)
        hotspots = Hotspots(residues, frozenset(hot.classes), hot.file)
    if (numbers := data.copy_number) is not None:
        read = _attempt(problems, lambda: _copy_number(numbers, folder))
        levels, caveats = read or (None, ())
    if (structural := data.structural_variants) is not None:
        variants = _attempt(
            problems,
            lambda: read_structural_variants(
                structural.file, folder=folder, columns=structural.columns
            ),
        )
    panel_of: Mapping[str, Mapping[str, str]] = {}
    assayed: Mapping[str, frozenset[str]] = {}
    if (matrix := data.panel_matrix) is not None:
        panel_of = _attempt(problems, lambda: read_panel_matrix(matrix.file, folder=folder)) or {}
    if (lists := data.case_lists) is not None:
        assayed = _attempt(problems, lambda: read_case_lists(lists.file, folder=folder)) or {}
    return Genomics(names, hotspots, levels, variants, panel_of, assayed), caveats


def with_profiles(genomics: Genomics, supplied: FolderInputs) -> Genomics:
    """Add the profiles of a study folder; a file that the plan names comes before them."""
    return dataclasses.replace(
        genomics,
        copy_number=genomics.copy_number or supplied.copy_number,
        structural_variants=genomics.structural_variants or supplied.structural_variants,
        panel_of={**supplied.panel_of, **genomics.panel_of},
    )


def with_current_symbols(
    calls: MutationCalls | None, panels: Mapping[str, GenePanel], genomics: Genomics
) -> tuple[MutationCalls | None, dict[str, GenePanel], Genomics, tuple[Caveat, ...]]:
    """Give the genes of every file their current symbols, and say which changed."""
    caveats: list[Caveat] = []

    def current(item: MutationCalls | None) -> MutationCalls | None:
        if item is None:
            return None
        renamed, said = harmonise_calls(item, genomics.names)
        caveats.extend(said)
        return renamed

    calls = current(calls)
    genomics = dataclasses.replace(
        genomics,
        copy_number=current(genomics.copy_number),
        structural_variants=current(genomics.structural_variants),
    )
    renamed, said = harmonise_panels(panels, genomics.names)
    whole = {
        name: GenePanel(name, "every gene", frozenset(), every_gene=True) for name in EVERY_GENE
    }
    return calls, {**whole, **renamed}, genomics, (*caveats, *said)


def read_study_panels(spec: PanelSpec, folder: Path) -> Mapping[str, GenePanel]:
    """Read the panels of a study in the format the plan names, or its file's name tells."""
    name = spec.file.lower().removesuffix(".gz")
    format_ = spec.format
    if format_ is None:
        format_ = "bed" if name.endswith(".bed") else "gene_panel"
        format_ = "genie" if "genomic_information" in name else format_
        format_ = "table" if name.endswith(".parquet") else format_
    match format_:
        case "bed":
            panel = read_bed(spec.file, folder=folder)
            return {panel.panel_id: panel}
        case "genie":
            return read_genomic_information(spec.file, folder=folder)
        case "table":
            return read_panel_table(spec.file, folder=folder)
        case _:
            return read_panels(spec.file, folder=folder)


def _gene_names(study: Study) -> GeneNames:
    """Join the study's file of aliases and its table, which comes first."""
    own: dict[str, str] = {}
    file = study.plan.genes.alias_file
    if file is not None:
        own |= read_gene_aliases(file, folder=study.folder)
    names = GeneNames({**own, **study.plan.genes.aliases})
    rings = names.rings()
    if rings:
        message = f"the renames of {', '.join(rings)} come back to where they began"
        raise PlanError([PlanProblem("genes.aliases", message, "Give each gene one symbol.")])
    return names


def _copy_number(spec: CopyNumberSpec, folder: Path) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    return read_copy_number(
        spec.file,
        folder=folder,
        layout=spec.format,
        columns=spec.columns,
        altered=spec.altered,
        wild_type=spec.wild_type,
        partial=spec.partial,
        coverage=spec.coverage,
    )


def _attempt(problems: list[DataProblem], read: Callable[[], _T]) -> _T | None:
    try:
        return read()
    except DataError as error:
        problems += error.problems
        return None
