"""From what was read to the genotypes of the analysis set, its groups and its candidate genes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import polars as pl

from embogen.caveats import Caveat
from embogen.errors import PlanError, PlanProblem
from embogen.genomics.alterations import AlterationMatrix, GenotypeRules
from embogen.genomics.assays import (
    COPY_NUMBER,
    SMALL_VARIANTS,
    STRUCTURAL,
    Assay,
    AssayGenotypes,
    build_genotypes,
    genotypes_by_assay,
    joined_genotypes,
    relevant_assays,
)
from embogen.genomics.filters import VariantFilter
from embogen.genomics.frequency import most_frequent, rank_genes
from embogen.genomics.groups import GeneGroup
from embogen.study.specimen_pairs import SpecimenGenotypes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from embogen.cohort.model import Cohort
    from embogen.endpoint.specimen_window import SpecimenCheck
    from embogen.genomics.calls import MutationCalls
    from embogen.genomics.gene_names import GeneNames
    from embogen.study.genomic_sources import Genomics
    from embogen.study.plan import StudyPlan
    from embogen.study.sources import Inputs


def genotypes(
    plan: StudyPlan, inputs: Inputs, cohort: Cohort, checked: SpecimenCheck | None
) -> tuple[AlterationMatrix | None, tuple[Caveat, ...], tuple[AssayGenotypes, ...]]:
    """Build the genotypes of the patients, genes first, then the groups of the plan.

    What each assay alone shows comes last, where a scan of the plan asks for it.

    Raises
    ------
    PlanError
        When candidates or members of a group are unknown to the data, or a group has the name of
        a gene.
    """
    assays = _assays(plan, inputs)
    if not assays:
        return None, (), ()
    rules = _rules(plan)
    if not relevant_assays(assays, rules):
        classes = ", ".join(item.replace("_", " ") for item in plan.genes.count_as)
        message = f"counts {classes} only, and no file of the study tells that"
        remedy = "Name the file under data, or count what the files tell."
        raise PlanError([PlanProblem("genes.count_as", message, remedy)])
    table = "patients" if inputs.cohort.specimens is None else "specimens"
    ids = inputs.cohort.patients["patient_id"]
    if inputs.cohort.specimens is not None:
        ids = inputs.cohort.specimens["specimen_id"]
    elsewhere = {*ids.to_list(), *inputs.cohort.set_aside.get(table, frozenset())}
    wanted = _current(plan.genes.candidates.genes or (), plan, inputs.genomics.names)
    by_assay = genotypes_by_assay(
        cohort.patient_ids,
        cohort.specimens,
        assays,
        inputs.panels,
        rules,
        use=None if checked is None else checked.specimen_ids,
        known_elsewhere=elsewhere,
    )
    matrix, caveats = joined_genotypes(by_assay, plan.genes.wild_type_by)
    caveats = (*caveats, *_disagreements(assays, inputs.genomics))
    problems = []
    missing = [gene for gene in wanted if gene not in {*matrix.genes, *plan.gene_group}]
    if missing:
        message = "neither in the mutation file nor on a panel: " + ", ".join(missing)
        path = "genes.candidates.genes"
        problems.append(PlanProblem(path, message, "Check the symbols."))
    problems += _group_problems(plan, matrix, inputs.genomics.names)
    if problems:
        raise PlanError(problems)
    matrix = matrix.with_groups(_groups(plan, inputs.genomics.names))
    asked = any(scan.features in {"classes", "variants"} for scan in plan.scan)
    return matrix, caveats, by_assay if asked else ()


def _conditions(plan: StudyPlan, inputs: Inputs) -> VariantFilter:
    spec = plan.genes.filter
    return VariantFilter(
        vaf_min=spec.vaf_min,
        vaf_unknown=spec.vaf_unknown,
        status=spec.status,
        status_unknown=spec.status_unknown,
        driver_values=() if spec.driver is None else tuple(spec.driver.values),
        hotspots=inputs.genomics.hotspots,
    )


def _rules(plan: StudyPlan) -> GenotypeRules:
    return GenotypeRules(
        count_as=tuple(plan.genes.count_as),
        coverage=plan.genes.coverage,
        without_calls=plan.genes.without_calls,
    )


def _assays(plan: StudyPlan, inputs: Inputs) -> list[Assay]:
    """List what the study's files tell of genes."""
    found = inputs.genomics
    assays = []
    if inputs.calls is not None:
        classes = _mutation_classes(plan, inputs.calls)
        conditions = _conditions(plan, inputs)
        assays.append(Assay("mutations", inputs.calls, classes, conditions=conditions))
    if found.copy_number is not None:
        spec = plan.data.copy_number
        declared = frozenset(() if spec is None else spec.altered.values())
        by_panel = found.copy_number.tested is None
        calls = _sequenced_too(found.copy_number, inputs) if by_panel else found.copy_number
        classes = declared or COPY_NUMBER
        assays.append(Assay("copy number", calls, classes, silence_is_usual=by_panel))
    if found.structural_variants is not None:
        calls = _sequenced_too(found.structural_variants, inputs)
        conditions = VariantFilter()
        if "mutation_status" in calls.calls.columns and not calls.calls.is_empty():
            status = plan.genes.filter.status
            conditions = VariantFilter(
                status=status, status_unknown=plan.genes.filter.status_unknown
            )
        assays.append(
            Assay(
                "structural variants",
                calls,
                STRUCTURAL,
                conditions=conditions,
                silence_is_usual=True,
            )
        )
    return [_as_assayed(assay, found) for assay in assays]


def _sequenced_too(calls: MutationCalls, inputs: Inputs) -> MutationCalls:
    """Take an assay that lists alterations alone as done wherever genes were sequenced."""
    if inputs.calls is None:
        return calls
    listed = tuple(sorted({*calls.listed, *inputs.calls.sample_ids}))
    return dataclasses.replace(calls, listed=listed)


def _as_assayed(assay: Assay, found: Genomics) -> Assay:
    """Add what panel matrix and case lists say of the specimens an assay was done on.

    A specimen with calls was assayed, whatever a list says.
    """
    listed = found.assayed.get(assay.name)
    called = frozenset(assay.calls.calls["sample_id"].unique().to_list())
    return dataclasses.replace(
        assay,
        panel_of=found.panel_of.get(assay.name),
        assayed=None if listed is None else listed | called,
    )


def _disagreements(assays: Sequence[Assay], found: Genomics) -> list[Caveat]:
    """Say which specimens have calls of an assay that lists or matrix say they did not have."""
    caveats = []
    for assay in assays:
        called = set(assay.calls.calls["sample_id"].unique().to_list())
        listed = found.assayed.get(assay.name)
        if listed is not None and called - listed:
            count = len(called - listed)
            message = (
                f"{count} specimens with {assay.name} are not in the case list of that assay; they "
                "are taken as assayed."
            )
            caveats.append(Caveat("case_list_disagrees", message, {"specimens": count}))
        panels = found.panel_of.get(assay.name)
        if panels is not None and called - set(panels):
            count = len(called - set(panels))
            message = (
                f"{count} specimens have calls ({assay.name}) where the panel matrix says that "
                "they were not assayed: these calls are set aside, and the genes not tested."
            )
            caveats.append(Caveat("panel_conflict", message, {"specimens": count}))
    return caveats


def _mutation_classes(plan: StudyPlan, calls: MutationCalls) -> frozenset[str]:
    """Tell which classes the mutation file can show: all a list of calls can, or those declared."""
    spec = plan.data.mutations
    seen = frozenset(calls.calls["alteration_class"].unique().to_list())
    if spec is None or spec.format in {"maf", "vcf"}:
        return SMALL_VARIANTS | (seen & STRUCTURAL)
    return seen | frozenset(spec.altered.values())


def specimen_genotypes(plan: StudyPlan, inputs: Inputs, cohort: Cohort) -> SpecimenGenotypes | None:
    """Build the genotypes of single specimens, where an analysis of the plan compares them.

    Every specimen of the patients is there, whatever window and rule say.
    """
    table = inputs.cohort.specimens
    wanted = any(item.kind == "specimen_concordance" for item in plan.analysis)
    assays = _assays(plan, inputs)
    if table is None or not assays or not wanted:
        return None
    table = table.filter(pl.col("patient_id").is_in(list(cohort.patient_ids)))
    own = table.with_columns(pl.col("specimen_id").alias("patient_id"))
    ids = [item for item in own["specimen_id"].to_list() if item is not None]
    matrix, _ = build_genotypes(
        ids,
        own,
        assays,
        inputs.panels,
        _rules(plan),
        wild_type_by=plan.genes.wild_type_by,
        known_elsewhere={sample for item in assays for sample in item.calls.sample_ids},
    )
    groups = [
        group for group in _groups(plan, inputs.genomics.names) if group.name not in matrix.genes
    ]
    return SpecimenGenotypes(matrix.with_groups(groups), table)


def _current(genes: Iterable[str], plan: StudyPlan, names: GeneNames) -> list[str]:
    """Give genes of the plan their current symbols; a group keeps its name."""
    return [gene if gene in plan.gene_group else names.current(gene) for gene in genes]


def _groups(plan: StudyPlan, names: GeneNames) -> list[GeneGroup]:
    return [
        GeneGroup(
            name,
            tuple(dict.fromkeys(names.current(gene) for gene in spec.any_of)),
            spec.label or " or ".join(spec.any_of),
        )
        for name, spec in plan.gene_group.items()
    ]


def _group_problems(
    plan: StudyPlan, matrix: AlterationMatrix, names: GeneNames
) -> list[PlanProblem]:
    """Find groups named as a gene is, and members nobody knows.

    A member that no panel lists would leave the whole group untested in all but the altered: a
    wrong symbol must not do that in silence.
    """
    known = set(matrix.genes)
    problems = []
    for name, spec in plan.gene_group.items():
        path = f"gene_group.{name}"
        if name in known:
            remedy = "Give the group a name that is no gene."
            problems.append(PlanProblem(path, "is the symbol of a gene of the study", remedy))
        strange = [gene for gene in spec.any_of if names.current(gene) not in known]
        if strange:
            message = "neither in the mutation file nor on a panel: " + ", ".join(strange)
            remedy = (
                "Check the symbols; a gene that nobody was tested for leaves the group unknown."
            )
            problems.append(PlanProblem(f"{path}.any_of", message, remedy))
    return problems


def candidate_genes(
    plan: StudyPlan, genes: AlterationMatrix | None, names: GeneNames
) -> tuple[tuple[str, ...], tuple[Caveat, ...]]:
    """Choose the genes to relate to outcome, by frequency alone."""
    if genes is None:
        return (), ()
    spec = plan.genes.candidates
    if spec.most_frequent is not None:
        return most_frequent(genes, spec.most_frequent)
    ranked = rank_genes(genes)
    if spec.genes is not None:
        named = set(_current(spec.genes, plan, names))
        return tuple(row.gene for row in ranked if row.gene in named), ()
    least = spec.min_altered or 1
    genes_only = (row for row in ranked if row.gene not in genes.groups)
    return tuple(row.gene for row in genes_only if row.altered >= least), ()
