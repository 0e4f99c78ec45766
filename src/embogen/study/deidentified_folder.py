"""A cBioPortal study folder without identifiers: attributes, timelines, calls and lists."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.cohort.deidentified_timeline import deidentify_timeline
from embogen.cohort.identifiers import holds_personal
from embogen.cohort.schema import SCHEMAS
from embogen.io.cbioportal.export import Exportable, study_texts
from embogen.io.cbioportal.export_genomics import MutationText
from embogen.io.cbioportal.meta import list_folder
from embogen.io.cbioportal.timeline import PATIENT_DATES
from embogen.io.tab_table import read_tab_table
from embogen.study.deidentified_columns import used_columns
from embogen.study.deidentified_genomics import (
    maf_text,
    plain_panels,
    renamed_calls,
    renamed_panels,
)
from embogen.study.exporting import day_zero
from embogen.study.plan import TimelineEndpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embogen.cohort.deidentified import Deidentified
    from embogen.cohort.model import Cohort
    from embogen.study.parse import Study
    from embogen.study.plan import StudyPlan
    from embogen.study.sources import Inputs

FOLDER: Final = "portal"
"""Where the study folder stands below the folder that is given away."""


def withheld_columns(study: Study, cohort: Cohort) -> dict[str, str]:
    """Find attributes that the list would let pass, and that must not leave.

    A folder declares its attributes itself, so that a number may be that of a record; and a date
    beside a timeline of days would tell when its day 0 was.

    Parameters
    ----------
    study, cohort
        As read.

    Returns
    -------
    dict
        ``table.column`` to why it does not stay.
    """
    if study.plan.data.cbioportal is None:
        return {}
    headers, used = _headers(study), used_columns(study.plan)
    found = {}
    for table, schema in SCHEMAS.items():
        frame = cohort.table(table)
        if frame is None:
            continue
        known = {*(item.name for item in schema.variables), *study.plan.variable}
        for name in frame.columns:
            place = f"{table}.{name}"
            dated = frame[name].dtype == pl.Date and cohort.timeline is not None
            if dated and cohort.headers.get(place, name).upper() in headers:
                found[place] = "is a date beside a timeline whose days are relative"
            if name in known or place in used or not frame[name].dtype.is_numeric():
                continue
            whole = frame[name].cast(pl.Int64, strict=False).cast(pl.String)
            if holds_personal(whole) is not None:
                found[place] = "holds what look like record numbers"
    return found


def _headers(study: Study) -> set[str]:
    """Return the headers of the attributes of patients and samples, in upper case."""
    spec = study.plan.data.cbioportal
    if spec is None:
        return set()
    files = list_folder(spec.folder, folder=study.folder).of("patients", "samples")
    tables = [read_tab_table(item.file, folder=study.folder).raw for item in files]
    return {header.upper() for raw in tables for header in raw.headers}


def folder_texts(
    study: Study, inputs: Inputs, made: Deidentified, samples: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Write the study as a cBioPortal folder of what may leave.

    Parameters
    ----------
    study, inputs
        As read.
    made
        The cohort without identifiers.
    samples
        Old to new sample ids.

    Returns
    -------
    texts
        Files below the folder that is given away.
    notes
        What was left out.
    """
    cohort, emptied = _with_timeline(study.plan, inputs.cohort, made)
    calls = renamed_calls(inputs.calls, samples)
    as_maf = calls is not None and calls.tested is None
    given = Exportable(
        study_id=study.plan.study.id,
        title=study.plan.study.title,
        description=study.plan.study.title,
        cohort=_plainly_described(cohort, study.plan),
        origins=day_zero(cohort),
        calls=calls if as_maf else None,
        copy_number=renamed_calls(inputs.genomics.copy_number, samples),
        structural_variants=renamed_calls(inputs.genomics.structural_variants, samples),
        mutations=MutationText(maf_text(calls), ()) if calls is not None and as_maf else None,
        panels=plain_panels(inputs.panels),
        panel_of=renamed_panels(inputs.genomics.panel_of, samples),
    )
    texts, left_out = study_texts(given)
    notes = list(left_out)
    if emptied:
        notes.append(f"{emptied} words of timelines that the plan does not name were left out.")
    return {f"{FOLDER}/{name}": text for name, text in texts.items()}, tuple(notes)


def _with_timeline(plan: StudyPlan, before: Cohort, made: Deidentified) -> tuple[Cohort, int]:
    """Give the cohort its timeline, as far as it may leave."""
    if before.timeline is None:
        return made.cohort, 0
    words: dict[str, set[str]] = {"STATUS": set(PATIENT_DATES)}
    for endpoint in plan.endpoint.values():
        if not isinstance(endpoint, TimelineEndpoint):
            continue
        rows = (endpoint.origin_row, endpoint.entry_row, endpoint.death_row, *endpoint.timeline)
        for row in rows:
            for column, value in (row or {}).items():
                named = {value} if isinstance(value, str) else set(value)
                words.setdefault(column.upper(), set()).update(named)
    timeline, emptied = deidentify_timeline(before.timeline, made.patients, words)
    return dataclasses.replace(made.cohort, timeline=timeline), emptied


def _plainly_described(cohort: Cohort, plan: StudyPlan) -> Cohort:
    """Take out what the files say of their attributes: it is free text."""
    registry = {}
    for place, variable in cohort.registry.items():
        table, _, name = place.partition(".")
        known = {item.name for item in SCHEMAS[table].variables} | {*plan.variable}
        plain = variable
        if name not in known:
            plain = dataclasses.replace(variable, meaning=name, label=name, unit=None)
        registry[place] = plain
    return dataclasses.replace(cohort, registry=registry)
