"""A study as a cBioPortal study folder."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embogen.endpoint.origin import first_embolizations
from embogen.errors import DataProblem, PlanError, PlanProblem
from embogen.io.cbioportal.export import Exportable, study_texts
from embogen.io.cbioportal.export_genomics import MutationText, mutation_text
from embogen.io.cbioportal.meta import list_folder
from embogen.io.cbioportal.rules import folder_problems
from embogen.io.cbioportal.timeline import DAY_ZERO
from embogen.study.assemble import derive_endpoint
from embogen.study.sources import CLINICAL_TABLES, Inputs, read_inputs

if TYPE_CHECKING:
    import datetime as dt

    from embogen.cohort.model import Cohort
    from embogen.study.parse import Study


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Parameters
    ----------
    files
        Names, relative to the folder.
    left_out
        What was not written, or must be completed.
    problems
        What the documented rules of the format still find wrong.
    """

    files: tuple[str, ...]
    left_out: tuple[str, ...]
    problems: tuple[DataProblem, ...]


def export_cbioportal(study: Study, folder: Path) -> Exported:
    """Write a study as a cBioPortal study folder.

    Attributes of patients and specimens, endpoints as pairs of status and months, timelines of
    procedures, imaging, specimens and status in days from the first embolization, mutations,
    copy number, structural variants, panels with their matrix, case lists and meta files. All
    patients of the tables are written, those that the analysis leaves out too.

    Parameters
    ----------
    study
        As read.
    folder
        Made when it is not there; refused when it holds anything. Written under another name
        and renamed, so that a stopped export leaves nothing behind.

    Returns
    -------
    Exported
        The files, what was left out, and what the rules of the format find.

    Raises
    ------
    PlanError
        When `folder` is not empty.
    DataError
        With the problems of the study's data, or identifiers the format does not take.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = "is not an empty folder"
        raise PlanError([PlanProblem(str(folder), message, "Name a new or empty folder.")])
    inputs = read_inputs(study)
    cohort = inputs.cohort
    endpoints = tuple(derive_endpoint(name, study.plan, cohort) for name in study.plan.endpoint)
    plan = study.plan
    given = Exportable(
        study_id=plan.study.id,
        title=plan.study.title,
        description=plan.study.synthetic or plan.study.title,
        cohort=cohort,
        origins=day_zero(cohort),
        endpoints=endpoints,
        calls=inputs.calls,
        copy_number=inputs.genomics.copy_number,
        structural_variants=inputs.genomics.structural_variants,
        mutations=_mutations(study, inputs),
        panels=inputs.panels,
        panel_of=inputs.genomics.panel_of,
    )
    texts, left_out = study_texts(given)
    _write(texts, folder)
    return Exported(tuple(sorted(texts)), left_out, tuple(folder_problems(folder)))


def day_zero(cohort: Cohort) -> dict[str, dt.date]:
    """Return each patient's day 0: the first embolization, or else the first date there is.

    A cohort that came with a timeline keeps the day 0 of that.
    """
    if cohort.timeline is not None:
        return dict.fromkeys(cohort.patient_ids, DAY_ZERO)
    first: dict[str, dt.date] = {}
    for table in CLINICAL_TABLES:
        frame = cohort.table(table)
        if frame is None:
            continue
        for column in frame.columns:
            variable = cohort.registry.get(f"{table}.{column}")
            if variable is None or variable.type != "date":
                continue
            for patient, date in frame.select("patient_id", column).drop_nulls().iter_rows():
                first[patient] = min(first.get(patient, date), date)
    return {**first, **first_embolizations(cohort)}


def _mutations(study: Study, inputs: Inputs) -> MutationText | None:
    """Make the mutation file ready from the MAF the plan, or the study folder, names."""
    data, folder = study.plan.data, study.folder
    specimens = inputs.cohort.specimens
    samples = inputs.cohort.patient_ids if specimens is None else specimens["specimen_id"].to_list()
    if data.mutations is not None:
        if data.mutations.format != "maf":
            return None
        columns = data.mutations.columns
        return mutation_text([data.mutations.file], samples, folder=folder, columns=columns)
    if data.cbioportal is not None:
        found = list_folder(data.cbioportal.folder, folder=folder).of("mutations")
        if found:
            return mutation_text([item.file for item in found], samples, folder=folder)
    return None


def _write(texts: dict[str, str], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, text in texts.items():
            path = partial / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        if folder.exists():
            folder.rmdir()
        partial.chmod(0o755)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
