"""Which file of a study folder holds what: by its meta files, or by the usual names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

from embogen.errors import DataError, DataProblem
from embogen.io.files import is_inside, refuse
from embogen.io.meta_lines import read_meta

KINDS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("CLINICAL", "PATIENT_ATTRIBUTES"): "patients",
        ("CLINICAL", "SAMPLE_ATTRIBUTES"): "samples",
        ("CLINICAL", "TIMELINE"): "timeline",
        ("MUTATION_EXTENDED", "MAF"): "mutations",
        ("COPY_NUMBER_ALTERATION", "DISCRETE"): "cna",
        ("COPY_NUMBER_ALTERATION", "DISCRETE_LONG"): "cna_long",
        ("STRUCTURAL_VARIANT", "SV"): "sv",
        ("FUSION", "FUSION"): "fusion",
        ("GENE_PANEL_MATRIX", "GENE_PANEL_MATRIX"): "matrix",
    }
)
"""(genetic_alteration_type, datatype) of a meta file to what its data file is read as."""

_USUAL_NAMES: Final = (
    (r"data_clinical_patients?\.txt", "patients"),
    (r"data_clinical_samples?\.txt", "samples"),
    (r"data_timeline.*\.txt", "timeline"),
    (r"data_mutations?(_extended|_mskcc)?\.(txt|maf)", "mutations"),
    (r"data_cna\.txt", "cna"),
    (r"data_sv\.txt", "sv"),
    (r"data_fusions?\.txt", "fusion"),
    (r"data_gene_(panel_)?matrix\.txt", "matrix"),
)
"""File names of public studies, for folders without meta files; .gz may follow, and a version
such as ``_16.0-public`` may stand before the suffix."""

_VERSION: Final = re.compile(r"_\d[\d.]*-[a-z]+(?=\.)")
_REGIONS: Final = re.compile(r"genomic_information(_\d[\d.]*-[a-z]+)?\.txt(\.gz)?")

_SINGLE: Final = ("patients", "samples", "matrix")
_PANEL: Final = re.compile(r"data_gene_panel_(?!matrix).*\.txt", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file of the folder.

    Parameters
    ----------
    kind
        A value of `KINDS`.
    file
        Its path, relative to the folder of the study file.
    meta
        Keys and values of its meta file; empty without one.
    """

    kind: str
    file: str
    meta: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files of a study folder.

    Parameters
    ----------
    study
        Keys and values of ``meta_study.txt``; empty without one.
    data
        The data files that are read, by name.
    panels, case_lists
        Gene-panel files and case lists.
    passed_over
        Names of data files of kinds that are not read.
    regions
        GENIE's files of the regions that each assay reads.
    """

    study: Mapping[str, str]
    data: tuple[DataFile, ...]
    panels: tuple[str, ...]
    case_lists: tuple[str, ...]
    passed_over: tuple[str, ...]
    regions: tuple[str, ...] = ()

    def of(self, *kinds: str) -> tuple[DataFile, ...]:
        """Return the files of some kinds."""
        return tuple(item for item in self.data if item.kind in kinds)


def list_folder(name: str, *, folder: Path) -> FolderFiles:
    """Find the files of a study folder.

    Parameters
    ----------
    name
        The study folder, relative to `folder`.
    folder
        Folder of the study file.

    Raises
    ------
    DataError
        With every problem: no such folder, meta files that cannot be followed, data files that
        are not there or lie outside the folder, a kind given twice, no samples.
    """
    path = folder / name
    if not path.is_dir():
        remedy = "Name the folder that holds meta_study.txt and the data files."
        raise refuse(name, "is no folder, and a cBioPortal study folder was expected", remedy)
    names = sorted(item.name for item in path.iterdir() if item.is_file())
    problems: list[DataProblem] = []
    study, data, passed_over = _by_meta(name, folder, names, problems)
    if not data and not problems:
        data = _by_name(name, names)
        known = {item.file for item in data}
        passed_over = [
            item for item in names if item.startswith("data_") and path_in(name, item) not in known
        ]
    problems += _repeated(data)
    if not problems and not any(item.kind in {"samples", "patients"} for item in data):
        message = "holds no clinical samples or patients of a cBioPortal study"
        remedy = "A study has meta_clinical_sample.txt and data_clinical_sample.txt."
        problems.append(DataProblem(name, message, remedy))
    if problems:
        raise DataError(problems)
    lists = path / "case_lists"
    listed = sorted(item.name for item in lists.glob("*.txt")) if lists.is_dir() else []
    panels = tuple(path_in(name, item) for item in names if _PANEL.fullmatch(item))
    shown = tuple(item for item in passed_over if not _PANEL.fullmatch(item))
    return FolderFiles(
        study,
        tuple(data),
        panels,
        tuple(path_in(name, f"case_lists/{item}") for item in listed),
        shown,
        tuple(path_in(name, item) for item in names if _REGIONS.fullmatch(item.lower())),
    )


def path_in(name: str, item: str) -> str:
    """Write the path of a file in a folder as a reader expects it.

    Examples
    --------
    >>> path_in("study", "data_cna.txt"), path_in(".", "data_cna.txt")
    ('study/data_cna.txt', 'data_cna.txt')
    """
    return PurePosixPath(name, item).as_posix()


def _by_meta(
    name: str, folder: Path, names: Sequence[str], problems: list[DataProblem]
) -> tuple[Mapping[str, str], list[DataFile], list[str]]:
    """Follow the meta files; those of kinds that are not read name what is passed over."""
    study: Mapping[str, str] = {}
    found: list[tuple[str, Mapping[str, str]]] = []
    for item in names:
        if not re.fullmatch(r"meta_.*\.txt", item):
            continue
        file = path_in(name, item)
        try:
            values: Mapping[str, str] = read_meta(file, folder=folder)
        except DataError as error:
            problems += error.problems
            continue
        if item == "meta_study.txt":
            study = values
        else:
            found.append((file, values))
    data: list[DataFile] = []
    passed_over: list[str] = []
    for file, values in found:
        kind, wrong = _kind(file, values, study)
        target = values.get("data_filename", "")
        problems += wrong
        if kind is None:
            passed_over.append(target or file)
            continue
        problem = _target_problem(name, folder, file, target, names)
        if problem is not None:
            problems.append(problem)
        else:
            data.append(DataFile(kind, path_in(name, target), values))
    return study, data, passed_over


def _kind(
    file: str, values: Mapping[str, str], study: Mapping[str, str]
) -> tuple[str | None, list[DataProblem]]:
    """Tell what a meta file announces, and what is wrong with it."""
    problems = [
        DataProblem(file, f"has no {key}", f"Add a line {key}: ...")
        for key in ("genetic_alteration_type", "datatype", "data_filename")
        if not values.get(key)
    ]
    mine, theirs = values.get("cancer_study_identifier"), study.get("cancer_study_identifier")
    if mine is not None and theirs is not None and mine != theirs:
        message = f'is the cancer_study_identifier, and meta_study.txt says "{theirs}"'
        problems.append(DataProblem(file, message, "Correct one of the two.", value=mine))
    pair = (values.get("genetic_alteration_type", ""), values.get("datatype", ""))
    return KINDS.get((pair[0].upper(), pair[1].upper())), problems


def _target_problem(
    name: str, folder: Path, file: str, target: str, names: Sequence[str]
) -> DataProblem | None:
    if not target:
        return None  # said already
    if not is_inside(folder / name, target):
        message = "is a data_filename outside the study folder"
        return DataProblem(file, message, "Put the file into the folder.", value=target)
    if target not in names:
        close = difflib.get_close_matches(target, names, n=1, cutoff=0.6)
        remedy = (
            f'Did you mean "{close[0]}"?' if close else "Add the file, or remove the meta file."
        )
        return DataProblem(file, "is a data_filename that is not there", remedy, value=target)
    return None


def genomic_files(name: str, *, folder: Path) -> FolderFiles:
    """Find the genomic files of a folder by their usual names; there may be none."""
    path = folder / name
    names = sorted(item.name for item in path.iterdir() if item.is_file()) if path.is_dir() else []
    kinds = {"mutations", "cna", "sv", "fusion"}
    return FolderFiles(
        {},
        tuple(item for item in _by_name(name, names) if item.kind in kinds),
        tuple(path_in(name, item) for item in names if _PANEL.fullmatch(item)),
        (),
        (),
        tuple(path_in(name, item) for item in names if _REGIONS.fullmatch(item.lower())),
    )


def _by_name(name: str, names: Sequence[str]) -> list[DataFile]:
    """Find data files by their usual names."""
    data = []
    for item in names:
        plain = _VERSION.sub("", item.lower().removesuffix(".gz"))
        for pattern, kind in _USUAL_NAMES:
            if re.fullmatch(pattern, plain):
                data.append(DataFile(kind, path_in(name, item), {}))
                break
    return data


def _repeated(data: Sequence[DataFile]) -> list[DataProblem]:
    problems = []
    for kind in _SINGLE:
        files = [item.file for item in data if item.kind == kind]
        problems += [
            DataProblem(file, f"holds {kind} again, after {files[0]}", "Keep one of the files.")
            for file in files[1:]
        ]
    return problems
