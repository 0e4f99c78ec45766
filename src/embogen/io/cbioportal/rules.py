"""The documented rules of the cBioPortal study format, held against a folder.

Source: the page *File Formats* of the cBioPortal documentation (docs.cbioportal.org). The rules
are those an import needs: meta keys and their combinations, required headers, the comment rows,
identifiers, datatypes, status prefixes, case lists. Rules on gene symbols and genome positions
need a reference data base and are not checked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.io.cbioportal.clinical import DATATYPES
from embogen.io.cbioportal.export_clinical import BANNED
from embogen.io.cbioportal.export_genomics import REQUIRED
from embogen.io.cbioportal.meta import DataFile, list_folder
from embogen.io.copy_number import LEVELS, PARTIAL, UNCHANGED
from embogen.io.meta_lines import read_meta
from embogen.io.raw_table import RawTable, clipped
from embogen.io.tab_table import TabTable, read_tab_table

_PROFILE: Final = ("show_profile_in_analysis_tab", "profile_name", "profile_description")
_STABLE_IDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "mutations": ("mutations",),
        "cna": ("gistic", "cna", "cna_rae", "cna_consensus"),
        "cna_long": ("gistic", "cna", "cna_rae", "cna_consensus"),
        "sv": ("structural_variants",),
    }
)
_STUDY_KEYS: Final = ("type_of_cancer", "cancer_study_identifier", "name", "description")
_LIST_KEYS: Final = (
    "cancer_study_identifier",
    "stable_id",
    "case_list_name",
    "case_list_description",
    "case_list_ids",
)
_ID: Final = re.compile(r"[A-Za-z0-9._-]+")
_NUMBER: Final = re.compile(r"[<>]?=?-?\d+(\.\d+)?([eE][+-]?\d+)?")
_NOTHING: Final = ("", "NA", "[Not Available]", "[Not Applicable]")
_BUILDS: Final = ("GRCh37", "GRCh38", "GRCm38", "37", "38")


@dataclass(frozen=True, slots=True)
class _Known:
    """What other files refer to."""

    study: str
    patients: frozenset[str]
    samples: frozenset[str]
    panels: frozenset[str]


def folder_problems(path: str | Path) -> list[DataProblem]:
    """Hold a study folder against the documented rules of the format.

    Parameters
    ----------
    path
        The folder.

    Returns
    -------
    list of DataProblem
        Everything an import would refuse, by file; empty when there is nothing.
    """
    folder = Path(path).resolve()
    name, parent = folder.name, folder.parent
    try:
        files = list_folder(name, folder=parent)
    except DataError as error:
        return list(error.problems)
    problems: list[DataProblem] = []
    study = f"{name}/meta_study.txt"
    problems += [
        DataProblem(study, f"has no {key}", f"Add a line {key}: ...")
        for key in _STUDY_KEYS
        if not files.study.get(key)
    ]
    problems += [problem for item in files.data for problem in _meta_problems(item)]
    tables: dict[str, TabTable] = {}
    for item in files.data:
        try:
            tables[item.file] = read_tab_table(item.file, folder=parent)
        except DataError as error:
            problems += error.problems
    clinical = {
        item.kind: tables[item.file]
        for item in files.of("patients", "samples")
        if item.file in tables
    }
    if "samples" not in clinical:
        problems.append(DataProblem(name, "has no file of samples", "The portal needs one."))
        return problems
    panels = [_values(file, parent, problems).get("stable_id", "") for file in files.panels]
    known = _known(files.study.get("cancer_study_identifier", name), clinical, panels)
    for kind, table in clinical.items():
        problems += _clinical_problems(table, kind)
    for item in files.data:
        if item.file in tables and item.kind in _CHECKS:
            problems += _CHECKS[item.kind](tables[item.file].raw, known)
    needs = {"sequenced": "mutations", "cna": "cna", "sv": "sv"}
    wanted = {key for key, kind in needs.items() if files.of(kind)}
    wanted |= {"cna"} if files.of("cna_long") else set()
    if files.study.get("add_global_case_list") != "true":
        wanted.add("all")
    problems += _case_list_problems(files.case_lists, wanted, known, folder)
    return problems


def _meta_problems(item: DataFile) -> list[DataProblem]:
    needed = ["cancer_study_identifier", "genetic_alteration_type", "datatype", "data_filename"]
    if item.kind in _STABLE_IDS:
        needed += ["stable_id", *_PROFILE]
    problems = [
        DataProblem(item.file, f"its meta file has no {key}", f"Add a line {key}: ...")
        for key in needed
        if not item.meta.get(key)
    ]
    allowed = _STABLE_IDS.get(item.kind)
    stable = item.meta.get("stable_id")
    if allowed and stable and stable not in allowed:
        message = f"is a stable_id, and one of {', '.join(allowed)} was expected"
        problems.append(DataProblem(item.file, message, "Correct the meta file.", value=stable))
    return problems


def _values(file: str, folder: Path, problems: list[DataProblem]) -> dict[str, str]:
    """Read a file of keys and values; what is wrong with it joins the other problems."""
    try:
        return read_meta(file, folder=folder)
    except DataError as error:
        problems += error.problems
        return {}


def _known(study: str, clinical: Mapping[str, TabTable], panels: Sequence[str]) -> _Known:
    samples = clinical["samples"].raw
    patients = set(_cells(samples, "PATIENT_ID"))
    if "patients" in clinical:
        patients |= set(_cells(clinical["patients"].raw, "PATIENT_ID"))
    return _Known(
        study, frozenset(patients), frozenset(_cells(samples, "SAMPLE_ID")), frozenset(panels)
    )


def _cells(raw: RawTable, header: str) -> list[str]:
    return raw.column(header).to_list() if header in raw.headers else []


def _wrong(
    raw: RawTable, header: str, bad: Sequence[bool], message: str, remedy: str
) -> list[DataProblem]:
    """Name the cells of a column that break a rule."""
    found = zip(raw.rows, raw.column(header), bad, strict=True)
    return clipped(
        [
            DataProblem(raw.file, message, remedy, row, header, cell)
            for row, cell, wrong in found
            if wrong
        ]
    )


def _absent(raw: RawTable, headers: Collection[str]) -> list[DataProblem]:
    message = "there is no column {}, which the format requires"
    return [
        DataProblem(raw.file, message.format(name), "Add it.")
        for name in headers
        if name not in raw.headers
    ]


def _clinical_problems(table: TabTable, kind: str) -> list[DataProblem]:
    raw = table.raw
    keys = ["PATIENT_ID"] + (["SAMPLE_ID"] if kind == "samples" else [])
    problems = _absent(raw, keys)
    for name in raw.headers:
        if name != name.upper():
            message = "is an attribute, and attributes are in upper case"
            problems.append(DataProblem(raw.file, message, "Rename it.", value=name))
        if name in BANNED:
            message = "is an attribute the portal computes itself"
            problems.append(DataProblem(raw.file, message, "Remove it.", value=name))
    for key in keys:
        if key in raw.headers:
            bad = [not _ID.fullmatch(cell) for cell in raw.column(key)]
            message = "is no identifier (letters, digits, point, _ and - only)"
            problems += _wrong(raw, key, bad, message, "Rename it.")
    unique = keys[-1]
    if unique in raw.headers:
        twice = raw.column(unique).is_duplicated().to_list()
        problems += _wrong(raw, unique, twice, "stands in several rows", "Keep one row.")
    problems += _comment_problems(table)
    problems += _pair_problems(raw) if kind == "patients" else []
    return problems


def _comment_problems(table: TabTable) -> list[DataProblem]:
    raw = table.raw
    widths = [len(row) for row in table.comments]
    if widths != [len(raw.headers)] * 4:
        message = f"has comment rows of {widths} cells; 4 of {len(raw.headers)} were expected"
        return [DataProblem(raw.file, message, "Write name, description, datatype, priority.")]
    problems = []
    for header, datatype, priority in zip(raw.headers, *table.comments[2:], strict=True):
        if datatype not in DATATYPES:
            message = f"is not one of {', '.join(DATATYPES)}"
            problems.append(DataProblem(raw.file, message, "Correct it.", 3, header, datatype))
        if not priority.isdecimal():
            message = "is no priority (a whole number)"
            problems.append(DataProblem(raw.file, message, "Correct it.", 4, header, priority))
        cells = raw.column(header)
        if datatype == "NUMBER":
            bad = [cell not in _NOTHING and not _NUMBER.fullmatch(cell) for cell in cells]
            problems += _wrong(raw, header, bad, "is no number", "Correct cell or datatype.")
        if datatype == "BOOLEAN":
            bad = [cell not in {*_NOTHING, "TRUE", "FALSE"} for cell in cells]
            problems += _wrong(raw, header, bad, "is not TRUE or FALSE", "Correct the cell.")
    return problems


def _pair_problems(raw: RawTable) -> list[DataProblem]:
    problems = []
    for header in raw.headers:
        name, _, end = header.rpartition("_")
        if end == "MONTHS" and f"{name}_STATUS" not in raw.headers:
            message = f"stands without {name}_STATUS"
            problems.append(DataProblem(raw.file, message, "Give both.", value=header))
        if end == "STATUS" and f"{name}_MONTHS" in raw.headers:
            bad = [c not in _NOTHING and c[:2] not in {"0:", "1:"} for c in raw.column(header)]
            message = "is a survival status without the prefix 0: or 1:"
            problems += _wrong(raw, header, bad, message, "Write 1:DECEASED, 0:LIVING.")
    return problems


def _unknown(raw: RawTable, header: str, known: Collection[str]) -> list[DataProblem]:
    bad = [cell not in known for cell in raw.column(header)]
    message = "does not occur in the clinical files"
    return _wrong(raw, header, bad, message, "Add it there, or remove the row.")


def _mutation_problems(raw: RawTable, known: _Known) -> list[DataProblem]:
    problems = _absent(raw, REQUIRED)
    if "Tumor_Sample_Barcode" in raw.headers:
        problems += _unknown(raw, "Tumor_Sample_Barcode", known.samples)
    for header in ("Hugo_Symbol", "Chromosome", "Variant_Classification", "Reference_Allele"):
        if header in raw.headers:
            empty = [cell in _NOTHING for cell in raw.column(header)]
            problems += _wrong(raw, header, empty, "is empty", "Fill the cell.")
    if "NCBI_Build" in raw.headers:
        bad = [cell not in _BUILDS for cell in raw.column("NCBI_Build")]
        message = f"is not one of {', '.join(_BUILDS[:3])}"
        problems += _wrong(raw, "NCBI_Build", bad, message, "Correct the cell.")
    return problems


def _wide_problems(raw: RawTable, known: _Known) -> list[DataProblem]:
    genes = {"Hugo_Symbol", "Entrez_Gene_Id", "Cytoband"}
    problems = [] if genes & {*raw.headers} else _absent(raw, ["Hugo_Symbol"])
    for header in raw.headers:
        if header in genes:
            continue
        if header not in known.samples:
            message = "is a column that is no sample of the clinical files"
            problems.append(DataProblem(raw.file, message, "Remove it.", value=header))
        problems += _level_problems(raw, header)
    return problems


def _long_problems(raw: RawTable, known: _Known) -> list[DataProblem]:
    problems = _absent(raw, ["Hugo_Symbol", "Sample_Id", "Value"])
    if not problems:
        problems += _unknown(raw, "Sample_Id", known.samples) + _level_problems(raw, "Value")
    return problems


def _level_problems(raw: RawTable, header: str) -> list[DataProblem]:
    bad = [cell not in {*LEVELS, *UNCHANGED, PARTIAL, *_NOTHING} for cell in raw.column(header)]
    return _wrong(raw, header, bad, "is no copy-number level", "Correct the cell.")


def _sv_problems(raw: RawTable, known: _Known) -> list[DataProblem]:
    problems = _absent(raw, ["Sample_Id", "SV_Status"])
    if "Sample_Id" in raw.headers:
        problems += _unknown(raw, "Sample_Id", known.samples)
    if "SV_Status" in raw.headers:
        bad = [cell not in {"SOMATIC", "GERMLINE"} for cell in raw.column("SV_Status")]
        problems += _wrong(raw, "SV_Status", bad, "is not SOMATIC or GERMLINE", "Correct it.")
    return problems


def _matrix_problems(raw: RawTable, known: _Known) -> list[DataProblem]:
    problems = _absent(raw, ["SAMPLE_ID"])
    if problems:
        return problems
    problems += _unknown(raw, "SAMPLE_ID", known.samples)
    for header in raw.headers:
        if header != "SAMPLE_ID":
            bad = [cell != "NA" and cell not in known.panels for cell in raw.column(header)]
            message = "is no gene panel of this folder"
            problems += _wrong(raw, header, bad, message, "Add its file, or write NA.")
    return problems


def _timeline_problems(raw: RawTable, known: _Known) -> list[DataProblem]:
    headers = ["PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE"]
    problems = _absent(raw, headers)
    if problems:
        return problems
    problems += _unknown(raw, "PATIENT_ID", known.patients)
    for header in ("START_DATE", "STOP_DATE"):
        days = raw.column(header).cast(pl.Int64, strict=False)
        empty = header == "STOP_DATE"
        bad = [
            day is None and not (empty and not cell)
            for day, cell in zip(days, raw.column(header), strict=True)
        ]
        problems += _wrong(raw, header, bad, "is no whole number of days", "Correct the cell.")
    return problems


def _case_list_problems(
    files: Sequence[str], wanted: Collection[str], known: _Known, folder: Path
) -> list[DataProblem]:
    problems: list[DataProblem] = []
    found = set()
    for file in files:
        values = _values(file, folder.parent, problems)
        problems += [
            DataProblem(file, f"has no {key}", f"Add a line {key}: ...")
            for key in _LIST_KEYS
            if not values.get(key)
        ]
        stable = values.get("stable_id", "")
        if not stable.startswith(f"{known.study}_"):
            message = f"is a stable_id that does not begin with {known.study}_"
            problems.append(DataProblem(file, message, "Correct it.", value=stable))
        found.add(stable.removeprefix(f"{known.study}_"))
        ids = values.get("case_list_ids", "").strip("\t").split("\t")
        problems += [
            DataProblem(file, "is no sample of the clinical file", "Remove it.", value=sample)
            for sample in ids
            if sample and sample not in known.samples
        ]
    problems += [
        DataProblem(folder.name, f"has no case list _{name}", "The portal needs it.")
        for name in sorted({*wanted} - found)
    ]
    return problems


_CHECKS: Final = {
    "mutations": _mutation_problems,
    "cna": _wide_problems,
    "cna_long": _long_problems,
    "sv": _sv_problems,
    "matrix": _matrix_problems,
    "timeline": _timeline_problems,
}
