"""A study written anew without identifiers: tables, mutations, panels, a study file that runs."""

from __future__ import annotations

import copy
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from embogen.cohort.deidentified import Deidentified, deidentify_cohort
from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.delimited import csv_text
from embogen.endpoint.origin import first_embolizations
from embogen.errors import PlanError, PlanProblem
from embogen.study.deidentified_columns import needed_columns, refuse_lost_columns
from embogen.study.deidentified_folder import FOLDER, folder_texts, withheld_columns
from embogen.study.deidentified_genomics import (
    case_lists,
    mutation_file,
    other_files,
    panel_text,
    plain_panels,
    renamed_calls,
    strangers,
    surviving_ids,
)
from embogen.study.parse import parse_study
from embogen.study.sources import CLINICAL_TABLES, read_inputs
from embogen.study.toml_text import toml_text

if TYPE_CHECKING:
    import numpy as np

    from embogen.cohort.deidentified import DateRule
    from embogen.study.parse import Study
    from embogen.study.plan import StudyPlan
    from embogen.study.sources import Inputs

KEY_FILE: Final = "deidentification-key.csv"
_PRIVATE: Final = 0o600
_WRITTEN: Final = frozenset(
    {
        *CLINICAL_TABLES,
        "mutations",
        "copy_number",
        "structural_variants",
        "panel_matrix",
        "case_lists",
        "panels",
        "cbioportal",
        "outside",
    }
)
"""Keys of `data` that are written without identifiers."""
_REASONS: Final = MappingProxyType(
    {
        "data.genie_bpc": "its terms of use forbid to pass it on; it holds no identifiers already",
        "data.mutations.format": "a VCF names samples in headers and comments of any form",
        "genes.filter.driver": "the column of annotations is text of any form",
    }
)
"""What is not written, and why."""
_TELLING: Final = 4
"""Letters and digits an id must have at least, to be looked for in what is written."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class DeidentifiedStudy:
    """What was written: files by name, where the key is, and what was left out or changed."""

    files: tuple[str, ...]
    key: Path
    notes: tuple[str, ...]


def deidentify_study(
    study: Study,
    out: Path,
    rng: np.random.Generator,
    *,
    dates: DateRule = "shift",
    key: Path | None = None,
) -> DeidentifiedStudy:
    """Write a study without identifiers to a folder, and the key back to another place.

    Nothing is sent anywhere; the folder is yours to give away, the key is not.

    Parameters
    ----------
    study
        The study; its data are read and checked first.
    out
        A folder that does not exist, or is empty.
    rng
        Random numbers for the new ids and the days dates are moved by.
    dates
        See `deidentify_cohort`.
    key
        Where old ids, new ids and days are written, for the owner's eyes (permissions 0600);
        `KEY_FILE` beside the study file when not given. An existing file is never replaced.

    Returns
    -------
    DeidentifiedStudy
        Files, key and notes.

    Raises
    ------
    PlanError
        The folder is not empty, the key would lie in it or exists, the plan needs a column that
        may not leave.
    DataError
        As `read_inputs`.
    """
    key = (study.folder / KEY_FILE) if key is None else key
    _refuse_places(out, key)
    _refuse_inputs(study)
    inputs = read_inputs(study)
    needed = needed_columns(study.plan, inputs.cohort)
    made = deidentify_cohort(
        inputs.cohort,
        rng,
        dates=dates,
        origins=first_embolizations(inputs.cohort),
        needed=needed,
        withheld=withheld_columns(study, inputs.cohort),
    )
    refuse_lost_columns(study.plan, made)
    raw = _plan(study, made)
    samples = made.specimens if inputs.cohort.specimens is not None else made.patients
    said: tuple[str, ...] = ()
    if study.plan.data.cbioportal is None:
        files = _tables(inputs, made, samples, raw, study.plan)
    else:
        files, said = folder_texts(study, inputs, made, samples)
        raw["data"] = {"cbioportal": {"folder": FOLDER}}
        if inputs.calls is not None and inputs.calls.tested is not None:
            files |= _mutations(inputs, samples, raw, study.plan)
    lists, section = case_lists(inputs.genomics.assayed, samples)
    files |= lists
    raw["data"] |= section
    files |= _copied_lists(study, raw)
    files["study.toml"] = toml_text(raw)
    _refuse_surviving(files, made, samples)
    parse_study(files["study.toml"], folder=out)  # what is written is a plan that can be read
    _write(files, out, key, _key_text(made))
    found = (inputs.calls, inputs.genomics.copy_number, inputs.genomics.structural_variants)
    notes = _notes(made, _date_rule(inputs.cohort, dates), strangers(found, samples))
    return DeidentifiedStudy(tuple(sorted(files)), key, (*said, *notes))


def _tables(
    inputs: Inputs,
    made: Deidentified,
    samples: Mapping[str, str],
    raw: dict[str, Any],
    plan: StudyPlan,
) -> dict[str, str]:
    """Write the tables and genomic files of a plan that names them one by one."""
    texts = {f"{name}.csv": _csv(made.cohort, name) for name in CLINICAL_TABLES}
    files: dict[str, str] = {name: text for name, text in texts.items() if text is not None}
    files |= _mutations(inputs, samples, raw, plan)
    others, sections = other_files(inputs.genomics, samples, plan.data.copy_number)
    raw["data"] |= sections
    files |= others
    for number, panel in enumerate(plain_panels(inputs.panels).values(), 1):
        files[f"panels/panel_{number}.txt"] = panel_text(panel)
    return files


def _mutations(
    inputs: Inputs, samples: Mapping[str, str], raw: dict[str, Any], plan: StudyPlan
) -> dict[str, str]:
    """Write the mutations, and name them in the plan."""
    calls = renamed_calls(inputs.calls, samples)
    if calls is None:
        return {}
    name, text, section = mutation_file(calls, plan.data.mutations)
    raw["data"]["mutations"] = section
    return {name: text}


def _refuse_surviving(
    files: Mapping[str, str], made: Deidentified, samples: Mapping[str, str]
) -> None:
    """Look for original ids in all that is written: in a name of a gene or panel, or the plan.

    Numbers alone cannot be told from values and are not looked for.
    """
    new = {*made.patients.values(), *samples.values()}
    old = {item for item in (*made.patients, *samples) if len(item) >= _TELLING} - new
    old = {item for item in old if not item.isdecimal()}
    plain = {item for item in old if _PLAIN.fullmatch(item)}
    problems = []
    for name, text in files.items():
        found = surviving_ids(text, plain, odd=sorted(old - plain))
        if found:
            message = f"would still hold original ids: {', '.join(found[:3])}"
            remedy = "They stand in a text that is kept (plan, panel, gene); take them out there."
            problems.append(PlanProblem(name, message, remedy))
    if problems:
        raise PlanError(problems)


def _date_rule(cohort: Cohort, dates: DateRule) -> str:
    return dates if cohort.timeline is None else "keep"


def _refuse_places(out: Path, key: Path) -> None:
    problems = []
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        problems.append(PlanProblem(str(out), "is not an empty folder", "Give a new --out."))
    if key.resolve().is_relative_to(out.resolve()):
        message = "lies in the folder that is given away, and leads back to the patients"
        problems.append(PlanProblem(str(key), message, "Give a --key outside of --out."))
    elif key.exists() or key.is_symlink():
        message = "exists, and a key is never replaced"
        problems.append(PlanProblem(str(key), message, "Move it away, or give another --key."))
    elif not key.parent.is_dir():
        message = "lies in a folder that does not exist"
        problems.append(PlanProblem(str(key), message, "Make the folder, or give another --key."))
    if problems:
        raise PlanError(problems)


def _refuse_inputs(study: Study) -> None:
    """Refuse what cannot be written anew so far, rather than leave it out in silence."""
    plan = study.plan
    # by what is known to be written, so that a kind of file added later is refused
    found = {
        f"data.{name}": getattr(plan.data, name) is not None
        for name in sorted(type(plan.data).model_fields.keys() - _WRITTEN)
    }
    found |= {
        "data.mutations.format": getattr(plan.data.mutations, "format", None) == "vcf",
        "genes.filter.driver": plan.genes.filter.driver is not None,
    }
    problems = []
    for path, there in found.items():
        if there:
            why = _REASONS.get(path)
            message = "is not written without identifiers" + (f": {why}" if why else " yet")
            problems.append(PlanProblem(path, message, "Take it out of the plan."))
    beside = [name for name in CLINICAL_TABLES if getattr(plan.data, name) is not None]
    if plan.data.cbioportal is not None:
        message = "stands beside a study folder, whose days count from a day 0 of each patient"
        remedy = "Put it into the folder, or name all tables one by one."
        problems += [PlanProblem(f"data.{name}", message, remedy) for name in beside]
    if problems:
        raise PlanError(problems)


def _copied_lists(study: Study, raw: dict[str, Any]) -> dict[str, str]:
    """Copy the lists a plan names that speak of genes and print, not of patients."""
    files: dict[str, str] = {}
    plan, folder = study.plan, study.folder
    if plan.published is not None:
        files["published.json"] = (folder / plan.published.file).read_text(encoding="utf-8")
        raw["published"]["file"] = "published.json"
    if plan.genes.alias_file is not None:
        name = f"gene_aliases{Path(plan.genes.alias_file).suffix}"
        files[name] = (folder / plan.genes.alias_file).read_text(encoding="utf-8-sig")
        raw["genes"]["alias_file"] = name
    if plan.genes.filter.hotspots is not None:
        name = f"hotspots{Path(plan.genes.filter.hotspots.file).suffix}"
        files[name] = (folder / plan.genes.filter.hotspots.file).read_text(encoding="utf-8-sig")
        raw["genes"]["filter"]["hotspots"]["file"] = name
    return files


def _csv(cohort: Cohort, table: str) -> str | None:
    frame = cohort.table(table)
    if frame is None:
        return None
    frame = frame.drop(SOURCE_ROW)
    return csv_text(frame.columns, (tuple(_cell(v) for v in row) for row in frame.iter_rows()))


def _cell(value: Any) -> str | float | None:  # noqa: ANN401 - a cell of any type
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str | float | int):
        return value
    return str(value.isoformat())


def _plan(study: Study, made: Deidentified) -> dict[str, Any]:
    """Make the plan anew: the same analyses on files named by their tables, dates in ISO form."""
    raw = copy.deepcopy(study.raw)
    data: dict[str, Any] = {
        name: {"file": f"{name}.csv"} | ({"key": "patient_id"} if name == "patients" else {})
        for name in CLINICAL_TABLES
        if made.cohort.table(name) is not None
    }
    if "panels" in raw["data"]:
        data["panels"] = {"file": "panels/"}
    raw["data"] = data
    variables = raw.get("variable", {})
    raw["variable"] = {
        name: {key: value for key, value in spec.items() if key != "date_format"}
        for name, spec in variables.items()
        if f"{spec.get('table', 'patients')}.{name}" not in made.dropped
    }
    if not raw["variable"]:
        del raw["variable"]
    return raw


def _key_text(made: Deidentified) -> str:
    rows: list[tuple[str, str, str, float | None]] = [
        ("patient", old, new, made.shift_days[old]) for old, new in made.patients.items()
    ]
    rows += [("specimen", old, new, None) for old, new in made.specimens.items()]
    header = ["kind", "original_id", "new_id", "dates_moved_by_days"]
    return csv_text(header, sorted(rows, key=lambda row: (row[0], row[2])))


def _notes(made: Deidentified, dates: str, n_strangers: int) -> tuple[str, ...]:
    rule = {
        "shift": "Each patient's dates were moved by a number of days of its own, up to a year.",
        "origin": "Each patient's first embolization was put on 2000-01-01, and its dates with it.",
        "keep": "Days of timelines count from a day 0 of each patient, and were kept.",
    }
    notes = [rule[dates]]
    if made.n_pooled:
        notes.append(f"{made.n_pooled} ages over 89 were set to 90.")
    if made.n_emptied:
        notes.append(f"{made.n_emptied} cells of text that look like identifiers were emptied.")
    notes += [f"{place} was left out: it {why}." for place, why in made.dropped.items()]
    if n_strangers:
        notes.append(f"{n_strangers} samples of no patient of the study were left out.")
    notes.append(
        "Rare values and genotypes may still point to a person; look at the tables before they "
        "leave, and keep the key apart."
    )
    return tuple(notes)


def _write(files: Mapping[str, str], out: Path, key: Path, key_text: str) -> None:
    """Write everything under a temporary name, then the key, then put the folder in place."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            for name, text in files.items():
                path = fresh / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="")
            fresh.chmod(0o755)
            handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                os.fchmod(stream.fileno(), _PRIVATE)
                stream.write(key_text)
            if out.exists():
                out.rmdir()
            fresh.rename(out)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        message = f"writing failed ({error.strerror})"
        remedy = "Free some space, or give another --out and --key."
        raise PlanError([PlanProblem(str(out), message, remedy)]) from None
