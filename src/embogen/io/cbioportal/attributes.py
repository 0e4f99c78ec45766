"""Clinical attributes and timelines of a folder to the clinical tables of a study."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.schema import SCHEMAS, Variable
from embogen.errors import DataError
from embogen.io.cbioportal.clinical import (
    NULLS,
    Attribute,
    ClinicalTable,
)
from embogen.io.cbioportal.timeline import (
    Timeline,
    event_variables,
    patient_dates,
    specimen_dates,
    table_of_events,
)
from embogen.io.place import Place
from embogen.io.raw_table import RawTable
from embogen.io.tables import TableSource
from embogen.io.typed_columns import NULL_WORDS, typed_column

_PATIENT: Final = "PATIENT_ID"
_SAMPLE: Final = "SAMPLE_ID"
_PANEL: Final = "(panel)"
_DATE: Final = "(date)"
_RENAMED: Final = {"GENDER": "sex", "SEQUENCING_STATUS": "status", "SPECIMEN_SITE": "site"}
"""Attributes that are a variable of the registry under another name."""


def clinical_sources(
    clinical: Mapping[str, ClinicalTable],
    timelines: Sequence[Timeline],
    panels: Mapping[str, str],
    *,
    folder: Path,
) -> tuple[tuple[TableSource, ...], tuple[Caveat, ...]]:
    """Make the sources of the clinical tables.

    Parameters
    ----------
    clinical
        ``patients`` and ``samples``, as far as there are any.
    timelines
        The timeline files.
    panels
        Sample to its panel.
    folder
        Folder of the study file.

    Returns
    -------
    sources
        Patients (made of the samples where there is no file of them), specimens, and procedures
        and assessments where timelines hold them. A sample attribute that is the same in all
        samples of every patient is one of the patients too.
    caveats
        ``attribute_as_text`` for attributes named as one of embogen's variables that do not hold
        what that variable holds.

    Raises
    ------
    DataError
        Samples taken on two days.
    """
    dates, problems = specimen_dates(timelines)
    if problems:
        raise DataError(problems)
    caveats: list[Caveat] = []
    sources = []
    patients = _patients(clinical)
    if patients is not None:
        dated = _with_dates(patients, timelines)
        sources.append(_source("patients", dated, {}, folder, caveats))
    if "samples" in clinical:
        table, made = _specimens(clinical["samples"], panels, dates)
        sources.append(_source("specimens", table, made, folder, caveats))
    for name in ("procedures", "assessments"):
        events = table_of_events(name, timelines)
        if events is not None:
            variables = event_variables(name, events)
            sources.append(TableSource(name, events.file, folder, variables=variables, raw=events))
    return tuple(sources), tuple(caveats)


def _with_dates(table: ClinicalTable, timelines: Sequence[Timeline]) -> ClinicalTable:
    """Add the dates of death, last contact and diagnosis that STATUS events give."""
    raw = table.raw
    for column, found in patient_dates(timelines).items():
        if column not in {header.lower() for header in raw.headers} and _PATIENT in raw.headers:
            ids = raw.column(_PATIENT)
            raw = _with_column(raw, column, [found.get(patient, "") for patient in ids])
    return ClinicalTable(raw, table.attributes, ())


def _specimens(
    table: ClinicalTable, panels: Mapping[str, str], dates: Mapping[str, str]
) -> tuple[ClinicalTable, dict[str, str]]:
    """Add panel and date to the samples; returns the headers of what was made, too."""
    raw, made = table.raw, {"specimen_id": _SAMPLE}
    if _SAMPLE in raw.headers:
        samples = raw.column(_SAMPLE)
        for name, header, found in (("panel", _PANEL, panels), ("date", _DATE, dates)):
            if found or name == "panel":
                raw = _with_column(raw, header, [found.get(sample, "") for sample in samples])
                made[name] = header
    return ClinicalTable(raw, table.attributes, ()), made


def _patients(
    clinical: Mapping[str, ClinicalTable],
) -> ClinicalTable | None:
    """Return the patients, with the sample attributes that do not differ between samples."""
    shared = _shared(clinical["samples"]) if "samples" in clinical else None
    if "patients" not in clinical:
        return shared
    table = clinical["patients"]
    raw = table.raw
    if shared is None or _PATIENT not in raw.headers:
        return table
    theirs = {header.upper() for header in raw.headers}
    more = [item for item in shared.attributes if item.name.upper() not in theirs]
    of = {patient: i for i, patient in enumerate(shared.raw.column(_PATIENT))}
    for item in more:
        cells = shared.raw.column(item.name)
        values = [cells[of[p]] if p in of else "" for p in raw.column(_PATIENT)]
        raw = _with_column(raw, item.name, values)
    return ClinicalTable(raw, (*table.attributes, *more), ())


def _shared(table: ClinicalTable) -> ClinicalTable | None:
    """Make one row per patient of the sample attributes that are constant in every patient."""
    raw = table.raw
    if _PATIENT not in raw.headers:
        return None
    place = {name: f"c{raw.headers.index(name)}" for name in raw.headers}
    key = place[_PATIENT]
    grouped = raw.frame.with_columns(raw.rows.alias("row")).group_by(key, maintain_order=True)
    counts = grouped.agg(pl.all().exclude("row").n_unique()).drop(key).max()
    kept = [
        item
        for item in table.attributes
        if item.name == _PATIENT
        or (item.name != _SAMPLE and counts.height and counts[place[item.name]][0] == 1)
    ]
    first = grouped.agg(pl.all().first())
    frame = first.select(**{f"c{i}": pl.col(place[item.name]) for i, item in enumerate(kept)})
    headers = tuple(item.name for item in kept)
    return ClinicalTable(RawTable(raw.file, headers, frame, first["row"]), tuple(kept), ())


def _with_column(raw: RawTable, header: str, cells: Sequence[str]) -> RawTable:
    column = pl.Series(f"c{len(raw.headers)}", cells, dtype=pl.String)
    return RawTable(raw.file, (*raw.headers, header), raw.frame.with_columns(column), raw.rows)


def _source(
    table: str,
    clinical: ClinicalTable,
    made: Mapping[str, str],
    folder: Path,
    caveats: list[Caveat],
) -> TableSource:
    """Declare the attributes of a table; the registry's own declaration is kept where it fits."""
    raw, attributes = clinical.raw, clinical.attributes
    columns = {"patient_id": _PATIENT, **made}
    variables: list[Variable] = []
    known = {variable.name: variable for variable in SCHEMAS[table].variables}
    for item in attributes:
        if item.name in columns.values():
            continue
        name = _folded(item.name)
        if item.name.upper() in _RENAMED and _RENAMED[item.name.upper()] not in _names(attributes):
            name = _RENAMED[item.name.upper()]
        if name not in known or name in columns:
            variables.append(item.variable)
            continue
        if _fits(raw, item.name, known[name]):
            columns[name] = item.name
            continue
        if name == _folded(item.name):
            # the registry finds the column by its name, so the name is declared anew as text
            variables.append(Variable(name, "text", item.description or item.label))
            columns[name] = item.name
            caveats.append(_as_text(raw.file, item.name, known[name]))
        else:
            variables.append(item.variable)
    return TableSource(
        table,
        raw.file,
        folder,
        columns=columns,
        variables=tuple(variables),
        missing=NULLS,
        raw=raw,
    )


def _names(attributes: Sequence[Attribute]) -> set[str]:
    return {_folded(item.name) for item in attributes}


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip()).lower()


def _fits(raw: RawTable, header: str, variable: Variable) -> bool:
    """Tell whether every cell can be what the registry declares."""
    cells = raw.column(header)
    text = pl.select(pl.when(~cells.is_in([*NULL_WORDS, *NULLS])).then(cells)).to_series()
    _, problems = typed_column(text, variable, Place(raw.file, header, raw.rows, ""))
    return not problems


def _as_text(file: str, header: str, variable: Variable) -> Caveat:
    message = (
        f"{file}: {header} does not hold what embogen calls {variable.name} "
        f"({variable.type}); its cells were kept as text."
    )
    return Caveat("attribute_as_text", message, {}, header)


def gene_panel_attributes(raw: RawTable) -> dict[str, str]:
    """Return sample to its GENE_PANEL (or SEQ_ASSAY_ID) attribute, where it has one."""
    for header in ("GENE_PANEL", "SEQ_ASSAY_ID"):
        if header in raw.headers:
            pairs = zip(raw.column(_SAMPLE), raw.column(header), strict=True)
            return {sample: panel for sample, panel in pairs if panel not in NULLS}
    return {}


def failed_samples(raw: RawTable) -> frozenset[str]:
    """Return the samples whose SEQUENCING_STATUS, as embogen writes it, is failed."""
    if "SEQUENCING_STATUS" not in raw.headers:
        return frozenset()
    pairs = zip(raw.column(_SAMPLE), raw.column("SEQUENCING_STATUS"), strict=True)
    return frozenset(sample for sample, status in pairs if status == "failed")
