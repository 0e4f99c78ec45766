"""Where the features of a scan come from: the genotypes of the study, or a table of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embogen.errors import PlanError, PlanProblem
from embogen.genomics.class_features import class_features
from embogen.genomics.gene_names import harmonise_panels
from embogen.genomics.matrix_features import MatrixFeatures
from embogen.genomics.variant_features import variant_features
from embogen.io.feature_files import open_features as open_file
from embogen.study.genomic_sources import read_study_panels

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.genomics.feature_blocks import FeatureSource
    from embogen.genomics.panels import GenePanel
    from embogen.study.assemble import Assembled
    from embogen.study.parse import Study
    from embogen.study.scan_plan import AlterationsSpec, ScanSection

    Opened = tuple[FeatureSource, tuple[Caveat, ...]]


def which_features(spec: ScanSection, study: Study) -> str:
    """Tell what a scan reads: ``genes``, ``classes``, ``variants`` or ``alterations``.

    Raises
    ------
    PlanError
        When it asks for a table that the plan does not give.
    """
    given = study.plan.data.alterations is not None
    if spec.features == "alterations" and not given:
        remedy = "Name the file under data.alterations, or leave the key out."
        message = "the plan gives no table of alterations"
        raise PlanError([PlanProblem(f"scan.{spec.id}.features", message, remedy)])
    if spec.features == "auto":
        return "alterations" if given else "genes"
    return spec.features


def open_features(which: str, study: Study, assembled: Assembled, spec: ScanSection) -> Opened:
    """Open the features for the patients of the analysis set.

    Variants that fewer than `min_carriers` of them carry are counted, and are no features. All
    else is the same for every scan.

    Raises
    ------
    DataError
        With everything wrong in the table.
    PlanError
        When the plan gives no features, or a column that is not there.
    """
    table = study.plan.data.alterations
    if which == "alterations" and table is not None:
        return _open_table(table, study, assembled)
    if assembled.data.genes is None:
        message = "a scan needs features, and the plan gives no genotypes"
        remedy = "Name a file under data.mutations, or under data.alterations."
        raise PlanError([PlanProblem("scan", message, remedy)])
    if which == "classes":
        return _classes(spec, study, assembled), ()
    if which == "variants":
        return _variants(spec, assembled)
    return MatrixFeatures(assembled.data.genes), ()


def _classes(spec: ScanSection, study: Study, assembled: Assembled) -> FeatureSource:
    """Take genes by alteration class, from every assay that can show one that counts."""
    source = class_features(assembled.by_assay, study.plan.genes.wild_type_by)
    if not source.names:
        message = "no patient has an alteration of a class that counts"
        remedy = "Look at genes.count_as, and at the panels: who was tested?"
        raise PlanError([PlanProblem(f"scan.{spec.id}.features", message, remedy)])
    return source


def _variants(spec: ScanSection, assembled: Assembled) -> Opened:
    """Take the variants of the mutation file; nothing else of a study tells any."""
    mutations = [item for item in assembled.by_assay if item.name == "mutations"]
    if not mutations:
        message = (
            "variants are asked for, and no mutation file of the plan tells a class that counts"
        )
        remedy = "Name one under data.mutations, count its classes, or scan genes or classes."
        raise PlanError([PlanProblem(f"scan.{spec.id}.features", message, remedy)])
    source, caveats = variant_features(mutations[0], spec.min_carriers)
    if not source.names:
        message = f"no variant is carried by {spec.min_carriers} patients or more (min_carriers)"
        remedy = "Lower min_carriers, or scan genes or classes."
        if any(item.code == "variants_not_told" for item in caveats):
            remedy += " The mutation file has calls without protein change, position and alleles."
        raise PlanError([PlanProblem(f"scan.{spec.id}.features", message, remedy)])
    return source, caveats


def _open_table(spec: AlterationsSpec, study: Study, assembled: Assembled) -> Opened:
    patients = assembled.data.patient_ids
    panels: dict[str, GenePanel] = {}
    if study.plan.data.panels is not None:
        # which of their genes have another symbol now is among the caveats of the data
        listed = read_study_panels(study.plan.data.panels, study.folder)
        panels, _ = harmonise_panels(listed, assembled.data.names)
    # whoever was left out above is in the table, too; strangers are told apart only without them
    everybody = len(patients) == len(assembled.cohort.patient_ids)
    return open_file(
        spec.file,
        folder=study.folder,
        patients=patients,
        panel_of=_panel_of(spec.panel, assembled),
        panels=panels,
        whole_genome=spec.whole_genome,
        columns=spec.columns,
        coding=spec.coding,
        others="refuse" if everybody else "pass_over",
        gene_names=assembled.data.names,
    )


def _panel_of(column: str | None, assembled: Assembled) -> list[str | None]:
    """Give each patient's panel, in the order of the analysis set."""
    patients = assembled.data.patient_ids
    if column is None:
        return [None] * len(patients)
    table = assembled.cohort.patients
    if column not in table.columns:
        have = ", ".join(name for name in table.columns if not name.startswith("_"))
        message = f'"{column}" is not a column of the patients table'
        raise PlanError([PlanProblem("data.alterations.panel", message, f"It has: {have}.")])
    texts = table[column].cast(str, strict=False).to_list()
    panel = dict(zip(table["patient_id"].to_list(), texts, strict=True))
    return [panel.get(patient) for patient in patients]
