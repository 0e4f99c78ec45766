"""A cBioPortal study folder to everything a study needs: tables, calls, panels, timelines."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.model import Cohort
from embogen.cohort.timeline import FILE, PATIENT, ROW
from embogen.errors import DataError, DataProblem
from embogen.genomics.calls import MutationCalls
from embogen.genomics.panels import GenePanel
from embogen.io.cbioportal.attributes import (
    clinical_sources,
    failed_samples,
    gene_panel_attributes,
)
from embogen.io.cbioportal.clinical import Attribute, ClinicalTable, read_clinical
from embogen.io.cbioportal.meta import FolderFiles, genomic_files, list_folder
from embogen.io.cbioportal.profile_calls import (
    COPY_NUMBER,
    READERS,
    ProfileCalls,
    joined_mutations,
    joined_profiles,
)
from embogen.io.cbioportal.profiles import (
    EVERY_GENE,
    read_gene_panels,
    read_matrices,
    read_profiling,
)
from embogen.io.cbioportal.timeline import joined_events, read_timeline
from embogen.io.genie import read_genomic_information
from embogen.io.maf import read_maf
from embogen.io.raw_table import clipped
from embogen.io.tables import TableSource, read_cohort

_T = TypeVar("_T")
MafReader = Callable[..., tuple[MutationCalls, tuple[Caveat, ...]]]
"""Called with a file and ``folder=``."""


@dataclass(frozen=True, slots=True)
class SurvivalPair:
    """A pair of columns XXX_STATUS and XXX_MONTHS of the patients: a ready endpoint.

    Parameters
    ----------
    name
        XXX: ``OS``, ``PFS``, ``HPFS``.
    status, months
        The two columns of the patients table.
    """

    name: str
    status: str
    months: str


@dataclass(frozen=True, slots=True, eq=False)
class FolderInputs:
    """A folder as read, before its clinical tables are typed.

    Parameters
    ----------
    sources
        The clinical tables, for `read_cohort`.
    calls, copy_number, structural_variants
        What each kind of profile found; None where the folder has none of it. They are assays of
        their own: what was not profiled was not tested.
    panels
        Panel id to panel; WES, WXS and WGS where samples are said to be so.
    timeline
        Events in days, or None.
    attributes
        Clinical attributes as declared, patients' and samples'.
    caveats
        What the reader should know.
    panel_of
        Assay to sample to panel, from the panel matrix, for assays beside the mutations, whose
        panels stand in the specimens.
    """

    sources: tuple[TableSource, ...]
    calls: MutationCalls | None
    panels: Mapping[str, GenePanel]
    timeline: pl.DataFrame | None
    attributes: tuple[Attribute, ...]
    caveats: tuple[Caveat, ...]
    copy_number: MutationCalls | None = None
    structural_variants: MutationCalls | None = None
    panel_of: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class CbioportalStudy:
    """A cBioPortal study, read and checked.

    Parameters
    ----------
    cohort
        Patients and specimens; procedures and assessments where timelines hold them.
    calls, copy_number, structural_variants, panels, attributes, caveats
        As in `FolderInputs`.
    pairs
        Name to each pair of columns that is a ready endpoint; see `SurvivalPair`.
    """

    cohort: Cohort
    calls: MutationCalls | None
    panels: Mapping[str, GenePanel]
    attributes: tuple[Attribute, ...]
    pairs: Mapping[str, SurvivalPair]
    caveats: tuple[Caveat, ...]
    copy_number: MutationCalls | None = None
    structural_variants: MutationCalls | None = None


def read_cbioportal(path: str | Path) -> CbioportalStudy:
    """Read a cBioPortal study folder.

    The meta files say which file holds what; a folder without them is read by the usual names.
    Patient and sample attributes with their four comment rows, mutations, discrete copy number
    (wide and long), structural variants, gene panels and their matrix, case lists and timelines
    are read; other kinds are named in the caveat ``files_passed_over``.

    Parameters
    ----------
    path
        The folder.

    Returns
    -------
    CbioportalStudy
        The study. Dates made of timelines count from 2000-01-01, which is day 0.

    Raises
    ------
    DataError
        With every problem of every file.
    """
    folder = Path(path)
    name = folder.resolve().name
    inputs = read_folder(name, folder=folder.resolve().parent)
    cohort, caveats = read_cohort(inputs.sources)
    return CbioportalStudy(
        cohort=with_timeline(cohort, inputs.timeline),
        calls=inputs.calls,
        panels=inputs.panels,
        attributes=inputs.attributes,
        pairs=survival_pairs(cohort),
        caveats=(*inputs.caveats, *caveats),
        copy_number=inputs.copy_number,
        structural_variants=inputs.structural_variants,
    )


def read_folder(name: str, *, folder: Path, maf: MafReader = read_maf) -> FolderInputs:
    """Read every file of a study folder, the clinical tables as text.

    Parameters
    ----------
    name
        The study folder, relative to `folder`; messages show it.
    folder
        Folder of the study file.
    maf
        How mutation files are read: with the columns that the conditions of a plan look at.

    Raises
    ------
    DataError
        With every problem of every file but those of typed cells, which `read_cohort` finds.
    """
    files = list_folder(name, folder=folder)
    problems: list[DataProblem] = []
    attempt = partial(_attempt, problems)
    unread: list[DataProblem] = []  # the largest files first, while nothing else is in memory
    genomics = _attempt(unread, partial(_read_genomics, name, files, folder=folder, maf=maf))
    clinical = {
        item.kind: table
        for item in files.of("patients", "samples")
        if (table := attempt(partial(read_clinical, item.file, folder=folder))) is not None
    }
    timelines = [
        timeline
        for item in files.of("timeline")
        if (timeline := attempt(partial(read_timeline, item.file, folder=folder))) is not None
    ]
    if problems or genomics is None:
        raise DataError([*problems, *unread])
    caveats = list(genomics.caveats)
    caveats += [caveat for table in clinical.values() for caveat in table.caveats]
    on, told = _panels_of(files, clinical, genomics.sequenced, folder)
    sources, more = clinical_sources(clinical, timelines, on, folder=folder)
    caveats += [*told, *more, *_passed_over(files)]
    used = {*on.values()}
    return FolderInputs(
        sources=sources,
        calls=genomics.calls.mutations,
        panels={k: p for k, p in genomics.panels.items() if k not in EVERY_GENE or k in used},
        timeline=joined_events(timelines),
        attributes=tuple(item for table in clinical.values() for item in table.attributes),
        caveats=tuple(caveats),
        copy_number=genomics.calls.copy_number,
        structural_variants=genomics.calls.structural_variants,
        panel_of=_other_panels(files, folder),
    )


def _other_panels(files: FolderFiles, folder: Path) -> Mapping[str, Mapping[str, str]]:
    """Return the panel of each sample for the assays beside the mutations."""
    found = read_matrices(files, folder=folder)
    return {assay: panels for assay, panels in found.items() if assay != "mutations"}


@dataclass(frozen=True, slots=True, eq=False)
class _Genomics:
    """Calls of all profiles, panels, and the samples of the mutation files."""

    calls: ProfileCalls
    panels: Mapping[str, GenePanel]
    sequenced: frozenset[str]
    caveats: tuple[Caveat, ...]


def _read_genomics(name: str, files: FolderFiles, *, folder: Path, maf: MafReader) -> _Genomics:
    """Read mutations, copy number, structural variants and panels."""
    problems: list[DataProblem] = []
    attempt = partial(_attempt, problems)
    mutations = [
        found
        for item in files.of("mutations")
        if (found := attempt(partial(maf, item.file, folder=folder))) is not None
    ]
    profiles = [
        (item.kind, *found)
        for item in files.of(*READERS)
        if (found := attempt(partial(READERS[item.kind], item.file, folder=folder))) is not None
    ]
    panels = attempt(partial(read_gene_panels, files.panels, folder=folder)) or {}
    for file in files.regions:
        assays = attempt(partial(read_genomic_information, file, folder=folder))
        panels = {**(assays or {}), **panels}
    if problems:
        raise DataError(problems)
    caveats = [caveat for _, found in mutations for caveat in found]
    caveats += [caveat for _, _, found in profiles for caveat in found]
    levels = [calls for kind, calls, _ in profiles if kind in COPY_NUMBER]
    variants = [calls for kind, calls, _ in profiles if kind not in COPY_NUMBER]
    return _Genomics(
        ProfileCalls(
            joined_mutations(name, [calls for calls, _ in mutations]),
            joined_profiles(name, levels),
            joined_profiles(name, variants),
        ),
        panels,
        frozenset(sample for calls, _ in mutations for sample in calls.sample_ids),
        tuple(caveats),
    )


def read_genomic_files(
    name: str, places: Sequence[str], *, folder: Path, maf: MafReader = read_maf
) -> tuple[ProfileCalls, Mapping[str, GenePanel], tuple[Caveat, ...]]:
    """Read the genomic files of a release that stand beside other tables.

    Parameters
    ----------
    name
        The folder of the release, relative to `folder`.
    places
        Folders below it, ending with a slash, that are looked into; the first with any is read.
    folder, maf
        As for `read_folder`.

    Raises
    ------
    DataError
        With every problem of every file.
    """
    for place in places:
        files = genomic_files(f"{name}/{place}".rstrip("/"), folder=folder)
        if files.data or files.panels or files.regions:
            found = _read_genomics(name, files, folder=folder, maf=maf)
            panels = {k: p for k, p in found.panels.items() if k not in EVERY_GENE}
            return found.calls, panels, found.caveats
    return ProfileCalls(), {}, ()


def _attempt(problems: list[DataProblem], read: Callable[[], _T]) -> _T | None:
    """Read one file; what is wrong with it joins the problems of the others."""
    try:
        return read()
    except DataError as error:
        problems += error.problems
        return None


def _panels_of(
    files: FolderFiles,
    clinical: Mapping[str, ClinicalTable],
    sequenced: frozenset[str],
    folder: Path,
) -> tuple[Mapping[str, str], tuple[Caveat, ...]]:
    """Return the panel of each sample."""
    if "samples" not in clinical:
        return {}, ()
    raw = clinical["samples"].raw
    if "SAMPLE_ID" not in raw.headers:
        return {}, ()  # the table of specimens says so
    samples = raw.column("SAMPLE_ID").to_list()
    attributes = gene_panel_attributes(raw)
    failed = failed_samples(raw)
    profiling = read_profiling(files, samples, attributes, sequenced, folder=folder, failed=failed)
    return profiling.panels, profiling.caveats


def _passed_over(files: FolderFiles) -> tuple[Caveat, ...]:
    if not files.passed_over:
        return ()
    shown = ", ".join(files.passed_over[:5]) + (", ..." if len(files.passed_over) > 5 else "")  # noqa: PLR2004 - one line
    message = f"Files of kinds that embogen does not read were passed over: {shown}."
    return (Caveat("files_passed_over", message, {"files": len(files.passed_over)}),)


def with_timeline(cohort: Cohort, timeline: pl.DataFrame | None) -> Cohort:
    """Give a cohort its timeline.

    Raises
    ------
    DataError
        Events of patients that are not in the patients table.
    """
    if timeline is None:
        return cohort
    known = {*cohort.patient_ids, *cohort.set_aside.get("patients", ())}
    strangers = timeline.filter(~pl.col(PATIENT).is_in(list(known)))
    file = cohort.file("patients")
    remedy = "Correct the id, or add the patient."
    problems = [
        DataProblem(source, f"is no patient of {file}", remedy, row, "PATIENT_ID", patient)
        for patient, source, row in strangers.select(PATIENT, FILE, ROW).iter_rows()
    ]
    if problems:
        raise DataError(clipped(problems))
    return dataclasses.replace(cohort, timeline=timeline)


def survival_pairs(cohort: Cohort) -> dict[str, SurvivalPair]:
    """Find the pairs of columns XXX_STATUS and XXX_MONTHS of the patients table.

    Examples
    --------
    >>> patients = pl.DataFrame({"patient_id": ["a"], "OS_STATUS": ["1:DECEASED"], "OS_MONTHS": 1})
    >>> survival_pairs(Cohort(patients))["OS"].months
    'OS_MONTHS'
    """
    columns = {name.upper(): name for name in cohort.patients.columns}
    return {
        name.removesuffix("_STATUS"): SurvivalPair(
            name.removesuffix("_STATUS"), column, columns[name.removesuffix("STATUS") + "MONTHS"]
        )
        for name, column in columns.items()
        if name.endswith("_STATUS") and name.removesuffix("STATUS") + "MONTHS" in columns
    }
