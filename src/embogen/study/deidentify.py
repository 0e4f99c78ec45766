"""A study written anew without identifiers: tables, mutations, panels, a study file that runs."""

from __future__ import annotations

import copy
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from embogen.cohort.deidentified import Deidentified, deidentify_cohort
from embogen.cohort.identifiers import holds_personal, looks_personal
from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.delimited import csv_text
from embogen.endpoint.origin import first_embolizations
from embogen.errors import PlanError, PlanProblem
from embogen.study.parse import parse_study
from embogen.study.plan import ColumnEndpoint
from embogen.study.sources import CLINICAL_TABLES, read_inputs
from embogen.study.toml_text import toml_text

if TYPE_CHECKING:
    import numpy as np

    from embogen.cohort.deidentified import DateRule
    from embogen.genomics.calls import MutationCalls
    from embogen.genomics.panels import GenePanel
    from embogen.study.parse import Study

KEY_FILE: Final = "deidentification-key.csv"
_PRIVATE: Final = 0o600
_WRITTEN: Final = frozenset({*CLINICAL_TABLES, "mutations", "panels", "outside"})
"""Keys of `data` that are written without identifiers."""
_MOST_CODES: Final = 12
_PARTS: Final = 1_000_000
"""Allele fractions are written as counts of this many reads: the fraction stays, the depth goes."""


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
    needed = _needed_columns(study, inputs.cohort)
    made = deidentify_cohort(
        inputs.cohort,
        rng,
        dates=dates,
        origins=first_embolizations(inputs.cohort),
        needed=needed,
    )
    _refuse_lost_columns(study, made)
    texts = {f"{name}.csv": _csv(made.cohort, name) for name in CLINICAL_TABLES}
    files: dict[str, str] = {name: text for name, text in texts.items() if text is not None}
    raw = _plan(study, made)
    n_strangers = 0
    if inputs.calls is not None:
        samples = made.specimens if inputs.cohort.specimens is not None else made.patients
        name, section, text, n_strangers = _mutations(inputs.calls, samples)
        files[name] = text
        raw["data"]["mutations"] = section
    listed = [
        panel for panel in inputs.panels.values() if not panel.every_gene
    ]  # WES needs no file
    for number, panel in enumerate(listed, 1):
        files[f"panels/panel_{number}.txt"] = _panel(panel)
    files |= _copied_lists(study, raw)
    files["study.toml"] = toml_text(raw)
    parse_study(files["study.toml"], folder=out)  # what is written is a plan that can be read
    _write(files, out, key, _key_text(made))
    return DeidentifiedStudy(tuple(sorted(files)), key, _notes(made, dates, n_strangers))


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
    problems = [
        PlanProblem(path, "is not written without identifiers yet", "Take it out of the plan.")
        for path, there in found.items()
        if there
    ]
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


def _used_columns(study: Study) -> dict[str, str]:
    """Return ``table.column`` that the plan uses, to where it does."""
    used: dict[str, str] = {}
    for name, spec in study.plan.covariate.items():
        if spec.column:
            table = "procedures" if spec.derive == "first_session" else spec.table
            used[f"{table}.{spec.column}"] = f"covariate.{name}"
    for name, endpoint in study.plan.endpoint.items():
        if isinstance(endpoint, ColumnEndpoint):
            for column in (endpoint.time, endpoint.event, endpoint.entry, endpoint.specimen):
                if column is not None:
                    used[f"patients.{column}"] = f"endpoint.{name}"
    return used


def _needed_columns(study: Study, cohort: Cohort) -> set[str]:
    """Find undeclared columns of endpoints that hold nothing but numbers or a few codes."""
    needed = set()
    for place, use in _used_columns(study).items():
        table, _, column = place.partition(".")
        frame = cohort.table(table)
        if frame is None or column not in frame.columns or place in cohort.registry:
            continue
        cells = frame[column].cast(pl.String)
        numeric = cells.cast(pl.Float64, strict=False).null_count() == cells.null_count()
        few = use.startswith("endpoint.") and cells.n_unique() <= _MOST_CODES
        harmless = looks_personal(column) is None and holds_personal(cells) is None
        if harmless and (numeric or few):
            needed.add(place)
    return needed


def _refuse_lost_columns(study: Study, made: Deidentified) -> None:
    problems = []
    for place, use in _used_columns(study).items():
        if place in made.dropped:
            table, _, column = place.partition(".")
            message = f"uses {table}.{column}, which {made.dropped[place]} and may not leave"
            remedy = (
                f"Declare [variable.{column}] with type category and its allowed values, or leave "
                "it out of the plan."
            )
            problems.append(PlanProblem(use, message, remedy))
    if problems:
        raise PlanError(problems)


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


def _mutations(
    calls: MutationCalls, samples: Mapping[str, str]
) -> tuple[str, dict[str, Any], str, int]:
    """Write the calls under the new sample ids: a MAF, or a long table of what was tested."""
    known = calls.calls.filter(pl.col("sample_id").is_in(list(samples)))
    n_strangers = len(set(calls.sample_ids) - set(samples))
    new = pl.col("sample_id").replace_strict(dict(samples), return_dtype=pl.String)
    known = known.with_columns(new).sort("sample_id", "gene", SOURCE_ROW)
    if calls.tested is None:
        header = ["Hugo_Symbol", "Variant_Classification", "Tumor_Sample_Barcode", "HGVSp_Short"]
        columns = ["gene", "variant_classification", "sample_id", "protein_change"]
        if "mutation_status" in known.columns:
            header, columns = [*header, "Mutation_Status"], [*columns, "mutation_status"]
        rows = [
            (*(row[column] for column in columns), *_reads(row["vaf"]))
            for row in known.iter_rows(named=True)
        ]
        text = _tsv([*header, "t_alt_count", "t_ref_count"], rows)
        return "mutations.maf", {"file": "mutations.maf"}, text, n_strangers
    tested = calls.tested.filter(pl.col("sample_id").is_in(list(samples))).with_columns(new)
    altered = known.select("sample_id", "gene", "alteration_class").unique()
    wild = tested.join(altered, on=["sample_id", "gene"], how="anti").select("sample_id", "gene")
    table = pl.concat([altered.rename({"alteration_class": "value"}),
                       wild.with_columns(value=pl.lit("wild_type"))])  # fmt: skip
    table = table.sort("sample_id", "gene", "value")
    classes = sorted(set(altered["alteration_class"]))
    section = {
        "file": "mutations.csv",
        "format": "gene_long",
        "altered": {name: name for name in classes},
        "wild_type": ["wild_type"],
    }
    return "mutations.csv", section, csv_text(table.columns, table.iter_rows()), n_strangers


def _reads(vaf: float | None) -> tuple[str, str]:
    if vaf is None:
        return "", ""
    altered = round(vaf * _PARTS)
    return str(altered), str(_PARTS - altered)


def _tsv(header: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    lines = ["\t".join(header), *("\t".join(cell or "" for cell in row) for row in rows)]
    return "\n".join(lines) + "\n"


def _panel(panel: GenePanel) -> str:
    genes = "\t".join(sorted(panel.genes))
    return f"stable_id: {panel.panel_id}\ndescription: {panel.panel_id}\ngene_list: {genes}\n"


def _key_text(made: Deidentified) -> str:
    rows: list[tuple[str, str, str, float | None]] = [
        ("patient", old, new, made.shift_days[old]) for old, new in made.patients.items()
    ]
    rows += [("specimen", old, new, None) for old, new in made.specimens.items()]
    header = ["kind", "original_id", "new_id", "dates_moved_by_days"]
    return csv_text(header, sorted(rows, key=lambda row: (row[0], row[2])))


def _notes(made: Deidentified, dates: DateRule, n_strangers: int) -> tuple[str, ...]:
    rule = {
        "shift": "Each patient's dates were moved by a number of days of its own, up to a year.",
        "origin": "Each patient's first embolization was put on 2000-01-01, and its dates with it.",
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
