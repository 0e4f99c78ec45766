"""A cohort to a cBioPortal study folder: attributes, timelines, panels, case lists, meta files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.cohort.model import SOURCE_ROW
from embogen.errors import DataError, DataProblem
from embogen.io.cbioportal.export_clinical import (
    Column,
    clinical_text,
    declared_columns,
    endpoint_columns,
    table_text,
)
from embogen.io.cbioportal.export_genomics import (
    COPY_NUMBER,
    STRUCTURAL,
    MutationText,
    copy_number_text,
    structural_variant_text,
)
from embogen.io.cbioportal.export_timeline import event_texts, status_rows, timeline_text

if TYPE_CHECKING:
    import datetime as dt

    from embogen.cohort.model import Cohort
    from embogen.endpoint.model import DerivedEndpoint
    from embogen.genomics.calls import MutationCalls
    from embogen.genomics.panels import GenePanel

_ID: Final = re.compile(r"[A-Za-z0-9._-]+")
_STRUCTURAL: Final = "structural variants"


@dataclass(frozen=True, slots=True, eq=False)
class Exportable:
    """What is written.

    Parameters
    ----------
    study_id, title, description
        The study; the identifier is made of letters, digits and underscores.
    cohort
        Its tables.
    origins
        Patient to the date that is day 0 of the timelines.
    endpoints
        Endpoints as pairs of columns.
    calls
        For the list of sequenced samples, and for copy number where there is none of its own.
    copy_number, structural_variants
        Of profiles of their own, or None.
    mutations
        The mutation file, made ready, or None.
    panels
        Panel id to panel.
    panel_of
        Assay to sample to panel, where a panel matrix tells it.
    """

    study_id: str
    title: str
    description: str
    cohort: Cohort
    origins: Mapping[str, dt.date]
    endpoints: Sequence[DerivedEndpoint] = ()
    calls: MutationCalls | None = None
    copy_number: MutationCalls | None = None
    structural_variants: MutationCalls | None = None
    mutations: MutationText | None = None
    panels: Mapping[str, GenePanel] = field(default_factory=dict)
    panel_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Samples:
    """Samples with their patient, panel and whether they were sequenced."""

    ids: tuple[str, ...]
    patients: tuple[str, ...]
    panels: tuple[str | None, ...]
    sequenced: tuple[bool, ...]


def study_texts(given: Exportable) -> tuple[dict[str, str], tuple[str, ...]]:
    """Write a study as the texts of the files of a cBioPortal study folder.

    Parameters
    ----------
    given
        What is written.

    Returns
    -------
    texts
        File name, relative to the study folder, to its text.
    left_out
        What could not be written, or must be completed before the portal takes it.

    Raises
    ------
    DataError
        Identifiers of patients or samples with letters the portal does not take.

    Notes
    -----
    Calendar dates are not written: timelines count days from the date in `origins`. Columns that
    neither the registry nor the plan declares are not written either.
    """
    samples = _samples(given)
    _refuse_ids(given, samples)
    left_out: list[str] = []
    study = re.sub(r"[^A-Za-z0-9]+", "_", given.study_id).strip("_").lower() or "study"
    texts = {
        "meta_study.txt": _meta(
            type_of_cancer="mixed",
            cancer_study_identifier=study,
            name=given.title,
            description=given.description,
        )
    }
    texts |= _clinical(given, samples, study, left_out)
    texts |= _timelines(given, study)
    texts |= _genomics(given, samples, study, left_out)
    return texts, tuple(left_out)


def _meta(**values: str) -> str:
    """Write the lines of a meta file; line breaks in values become blanks."""
    return "".join(f"{key}: {' '.join(str(value).split())}\n" for key, value in values.items())


def _samples(given: Exportable) -> _Samples:
    """Return the specimens, or a sample for each patient where the study has none."""
    table = given.cohort.specimens
    called = set(given.calls.sample_ids) if given.calls is not None else set()
    if table is None:
        ids = given.cohort.patient_ids
        return _Samples(ids, ids, (None,) * len(ids), tuple(item in called for item in ids))
    ids = tuple(table["specimen_id"])
    failed = [False] * len(ids)
    if "status" in table.columns:
        failed = [status == "failed" for status in table["status"]]
    panels = table["panel"].to_list() if "panel" in table.columns else [None] * len(ids)
    if len(given.panels) == 1 and not any(panels):
        panels = list(given.panels) * len(ids)
    return _Samples(
        ids, tuple(table["patient_id"]), tuple(panels), tuple(not item for item in failed)
    )


def _refuse_ids(given: Exportable, samples: _Samples) -> None:
    problems = []
    for table, ids in (("patients", given.cohort.patient_ids), ("specimens", samples.ids)):
        rows = given.cohort.table(table)
        at = [None] * len(ids) if rows is None else rows[SOURCE_ROW].to_list()
        message = "holds letters cBioPortal does not take (letters, digits, point, _ and - only)"
        problems += [
            DataProblem(given.cohort.file(table), message, "Rename it.", row=row, value=name)
            for name, row in zip(ids, at, strict=True)
            if not _ID.fullmatch(name)
        ]
    if problems:
        raise DataError(problems)


def _clinical(
    given: Exportable, samples: _Samples, study: str, left_out: list[str]
) -> dict[str, str]:
    cohort = given.cohort
    pairs = endpoint_columns(given.endpoints, cohort.patient_ids)
    ready = {column.header for column in pairs}
    patients = [
        Column("PATIENT_ID", "Patient Identifier", "The patient", "STRING", cohort.patient_ids),
        *pairs,
        *(
            column
            for column in declared_columns(cohort, "patients", given.origins, left_out)
            if column.header not in ready
        ),
    ]
    rows = [
        Column("PATIENT_ID", "Patient Identifier", "The patient", "STRING", samples.patients),
        Column("SAMPLE_ID", "Sample Identifier", "The specimen", "STRING", samples.ids),
    ]
    if any(
        panel and not done for panel, done in zip(samples.panels, samples.sequenced, strict=True)
    ):
        rows.append(Column("GENE_PANEL", "Gene Panel", "Gene panel", "STRING", samples.panels))
    if cohort.specimens is not None:
        rows += declared_columns(cohort, "specimens", given.origins, left_out)
    texts = {}
    for level, columns in (("patient", patients), ("sample", rows)):
        name = f"data_clinical_{level}.txt"
        texts[name] = clinical_text(columns)
        texts[f"meta_clinical_{level}.txt"] = _meta(
            cancer_study_identifier=study,
            genetic_alteration_type="CLINICAL",
            datatype=f"{level.upper()}_ATTRIBUTES",
            data_filename=name,
        )
    return texts


def _timelines(given: Exportable, study: str) -> dict[str, str]:
    texts = {}
    found = {
        "procedure": timeline_text(given.cohort, "procedures", given.origins),
        "imaging": timeline_text(given.cohort, "assessments", given.origins),
        "specimen": timeline_text(given.cohort, "specimens", given.origins),
        "status": status_rows(given.cohort, given.origins),
        **event_texts(given.cohort),  # a status of the study's own timeline comes before ours
    }
    for event, text in found.items():
        if text is None:
            continue
        name = f"data_timeline_{event}.txt"
        texts[name] = text
        texts[f"meta_timeline_{event}.txt"] = _meta(
            cancer_study_identifier=study,
            genetic_alteration_type="CLINICAL",
            datatype="TIMELINE",
            data_filename=name,
        )
    return texts


def _profile(study: str, kind: tuple[str, str, str], name: str, said: str, file: str) -> str:
    return _meta(
        cancer_study_identifier=study,
        genetic_alteration_type=kind[0],
        datatype=kind[1],
        stable_id=kind[2],
        show_profile_in_analysis_tab="true",
        profile_name=name,
        profile_description=said,
        data_filename=file,
    )


def _genomics(
    given: Exportable, samples: _Samples, study: str, left_out: list[str]
) -> dict[str, str]:
    texts = case_list(study, "all", "All samples", samples.ids)
    if given.mutations is not None:
        texts["data_mutations.txt"] = given.mutations.text
        kind = ("MUTATION_EXTENDED", "MAF", "mutations")
        said = "Mutations called in the specimens."
        texts["meta_mutations.txt"] = _profile(study, kind, "Mutations", said, "data_mutations.txt")
        sequenced = _done(samples)
        texts |= case_list(study, "sequenced", "Sequenced samples", sequenced)
        left_out += given.mutations.left_out
    texts |= _copy_number(given, samples, study)
    texts |= _structural_variants(given, samples, study, left_out)
    left_out += _unwritten(given, samples)
    texts |= _panel_matrix(given, samples, study)
    for name, panel in given.panels.items():
        if panel.every_gene:
            continue
        file = re.sub(r"[^A-Za-z0-9._-]+", "_", name)
        genes = "\t".join(sorted(panel.genes))
        texts[f"data_gene_panel_{file}.txt"] = (
            _meta(stable_id=name, description=panel.description or name) + f"gene_list: {genes}\n"
        )
    return texts


def _unwritten(given: Exportable, samples: _Samples) -> list[str]:
    """Count the alterations that no file of the format holds, or another file was written for."""
    levels, variants = given.copy_number is not None, given.structural_variants is not None
    own = set() if levels else {*COPY_NUMBER}
    parts = [(given.copy_number, {*COPY_NUMBER}), (given.structural_variants, {*STRUCTURAL})]
    if given.mutations is None:
        parts.append((given.calls, own if variants else own | {*STRUCTURAL}))
    notes = []
    for calls, written in parts:
        if calls is None:
            continue
        left = calls.calls.filter(
            pl.col("sample_id").is_in(samples.ids), ~pl.col("alteration_class").is_in(list(written))
        )
        if left.height:
            kinds = ", ".join(sorted(set(left["alteration_class"]))).replace("_", " ")
            notes.append(
                f"{left.height} alterations of {calls.source} ({kinds}): mutations are copied from "
                "a MAF, copy number and structural variants from one source each"
            )
    return notes


def _done(samples: _Samples) -> list[str]:
    return [s for s, done in zip(samples.ids, samples.sequenced, strict=True) if done]


def _copy_number(given: Exportable, samples: _Samples, study: str) -> dict[str, str]:
    """Write copy number of its own file, or else that of a table of alterations."""
    for calls in (given.copy_number, given.calls):
        text, assayed = (None, []) if calls is None else copy_number_text(calls, samples.ids)
        if text is not None:
            kind = ("COPY_NUMBER_ALTERATION", "DISCRETE_LONG", "cna")
            said = "-2 homozygous deletion, -1 loss, 0 neutral, 1 gain, 2 amplification."
            return {
                "data_cna.txt": text,
                "meta_cna.txt": _profile(study, kind, "Copy number", said, "data_cna.txt"),
                **case_list(study, "cna", "Samples with copy number", assayed),
            }
    return {}


def _structural_variants(
    given: Exportable, samples: _Samples, study: str, left_out: list[str]
) -> dict[str, str]:
    """Write structural variants of their own file, or else those of a table of alterations.

    Fusions of a MAF stand in the mutations.
    """
    others = given.calls if given.mutations is None else None
    for calls in (given.structural_variants, others):
        text, more = (None, []) if calls is None else structural_variant_text(calls, samples.ids)
        if text is None or calls is None:
            continue
        left_out += more
        kind = ("STRUCTURAL_VARIANT", "SV", "structural_variants")
        said = "Structural variants found in the specimens."
        called = set(calls.calls["sample_id"])
        assayed = given.panel_of.get(_STRUCTURAL) or set(_done(samples))
        listed = [sample for sample in samples.ids if sample in assayed or sample in called]
        return {
            "data_sv.txt": text,
            "meta_sv.txt": _profile(study, kind, "Structural variants", said, "data_sv.txt"),
            **case_list(study, "sv", "Samples with structural variants looked for", listed),
        }
    return {}


def _panel_matrix(given: Exportable, samples: _Samples, study: str) -> dict[str, str]:
    """Write the panel of each sample for each assay that has panels of its own."""
    columns: dict[str, list[str]] = {}
    own = given.panel_of.get("mutations")
    if own is not None:
        columns["mutations"] = [own.get(sample, "NA") for sample in samples.ids]
    elif given.mutations is not None and any(samples.panels):
        columns["mutations"] = [
            panel if panel and done else "NA"
            for panel, done in zip(samples.panels, samples.sequenced, strict=True)
        ]
    for assay, header in (("copy number", "cna"), (_STRUCTURAL, "structural_variants")):
        panels = given.panel_of.get(assay)
        if panels is not None:
            columns[header] = [panels.get(sample, "NA") for sample in samples.ids]
    if not columns:
        return {}
    name = "data_gene_panel_matrix.txt"
    rows = zip(samples.ids, *columns.values(), strict=True)
    return {
        name: table_text(("SAMPLE_ID", *columns), rows),
        f"meta_{name.removeprefix('data_')}": _meta(
            cancer_study_identifier=study,
            genetic_alteration_type="GENE_PANEL_MATRIX",
            datatype="GENE_PANEL_MATRIX",
            data_filename=name,
        ),
    }


def case_list(study: str, suffix: str, name: str, ids: Iterable[str]) -> dict[str, str]:
    """Write a case list: its name below the study folder, and its text."""
    listed = list(ids)
    head = _meta(
        cancer_study_identifier=study,
        stable_id=f"{study}_{suffix}",
        case_list_name=name,
        case_list_description=f"{name} ({len(listed)} samples)",
    )
    return {f"case_lists/cases_{suffix}.txt": head + "case_list_ids: " + "\t".join(listed) + "\n"}
