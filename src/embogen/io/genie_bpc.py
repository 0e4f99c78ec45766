"""GENIE BPC (Biopharma Collaborative) releases: curated tables to patients, specimens, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.schema import Variable
from embogen.cohort.timeline import DAY, EVENT, FILE, PATIENT, ROW, STOP
from embogen.errors import DataError, DataProblem
from embogen.io.cbioportal.study import FolderInputs, MafReader, read_genomic_files
from embogen.io.cbioportal.timeline import DAY_ZERO
from embogen.io.files import refuse
from embogen.io.maf import read_maf
from embogen.io.raw_table import RawTable, clipped
from embogen.io.tables import TableSource
from embogen.io.text_table import read_text_table
from embogen.io.typed_columns import NULL_WORDS
from embogen.units import days_to_months

PROXY: Final = "progression (proxy)"
"""HEPATIC_STATUS of a report that says progression and names the liver."""

_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "patients": ("patient_level_dataset.csv", "pt_char.csv"),
    "cancers": ("cancer_level_dataset_index.csv", "ca_dx_index.csv"),
    "panel tests": ("cancer_panel_test_level_dataset.csv", "cpt.csv"),
    "imaging": ("imaging_level_dataset.csv", "prissmm_imaging.csv"),
    "regimens": ("regimen_cancer_level_dataset.csv", "ca_drugs.csv"),
}
"""Table to its file name in a release, and in the R package genieBPC."""

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "patients": ("record_id",),
    "cancers": ("record_id", "ca_seq", "os_dx_status", "tt_os_dx_days"),
    "panel tests": ("record_id", "cpt_genie_sample_id", "cpt_seq_assay_id", "dx_cpt_rep_days"),
    "imaging": ("record_id", "dx_scan_days", "image_ca", "image_overall"),
    "regimens": ("record_id", "dx_reg_start_int"),
}
_LARGEST: Final = 45_000
"""Days from a diagnosis that can be true; about 123 years."""

_FOLDERS: Final = ("", "clinical_data/", "cBioPortal_files/")
_STATUS: Final[Mapping[str, str]] = {
    "progressing/worsening/enlarging": "progression",
    "stable/no change": "stable disease",
    "improving/responding": "response",
    "mixed": "mixed",
    "not stated/indeterminate": "",
}
"""image_overall to the status of all disease the report speaks of."""


def read_genie_bpc(name: str, *, folder: Path, maf: MafReader = read_maf) -> FolderInputs:
    """Read a GENIE BPC release.

    The first index cancer of a patient is the one studied, and its diagnosis is day 0. The
    patients get ``OS_STATUS`` and ``OS_MONTHS`` from it and the columns of both tables; the
    specimens are the panel tests, dated by the procedure that took them. The timeline has
    IMAGING rows (OVERALL, HEPATIC_STATUS), SEQUENCING rows (the day of the panel report, where a
    patient came under observation) and TREATMENT rows (start and end of a regimen).

    Parameters
    ----------
    name
        The folder of the release, relative to `folder`; tables may stand in ``clinical_data``
        and ``cBioPortal_files`` below it.
    folder, maf
        As for `embogen.io.cbioportal.study.read_folder`.

    Returns
    -------
    FolderInputs
        With the caveat ``proxy_progression``: reports tell the course of all disease and the
        sites of cancer they name, not which site progressed, so a report of progression that
        names the liver is a *proxy* of hepatic progression, written ``progression (proxy)``.

    Raises
    ------
    DataError
        With every problem: no such folder, no patients or cancers, missing columns, patients that
        are not in the patients table, days that are no numbers, words that are no status.
    """
    if not (folder / name).is_dir():
        raise refuse(name, "is no folder, and a GENIE BPC release was expected", "Check the path.")
    problems: list[DataProblem] = []
    tables = {}
    for table, choices in _TABLES.items():
        try:
            found = _read(name, folder, choices)
            if found is not None:
                tables[table] = found
                problems += _absent(found, _NEEDED[table])
        except DataError as error:
            problems += error.problems
    problems += [
        DataProblem(name, f"has no table of {table} ({' or '.join(_TABLES[table])})", "Add it.")
        for table in ("patients", "cancers")
        if table not in tables and not problems
    ]
    if problems:
        raise DataError(problems)
    frames = {table: _frame(raw) for table, raw in tables.items()}
    problems += _day_problems(tables, frames) + _stranger_problems(tables, frames)
    problems += _status_problems(tables, frames)
    if problems:
        raise DataError(sorted(problems, key=lambda item: (item.file, item.row or 0)))
    patients, several = _patients(frames)
    sources = [_source("patients", tables["patients"].file, patients, folder)]
    if "panel tests" in tables:
        specimens = _specimens(frames["panel tests"])
        sources.append(_source("specimens", tables["panel tests"].file, specimens, folder))
    calls, panels, caveats = read_genomic_files(name, _FOLDERS, folder=folder, maf=maf)
    return FolderInputs(
        sources=tuple(sources),
        calls=calls.mutations,
        panels=panels,
        timeline=_timeline(tables, frames),
        attributes=(),
        caveats=(*caveats, *_caveats(frames, several)),
        copy_number=calls.copy_number,
        structural_variants=calls.structural_variants,
    )


def _read(name: str, folder: Path, choices: Sequence[str]) -> RawTable | None:
    for place in _FOLDERS:
        for choice in choices:
            file = f"{name}/{place}{choice}"
            if (folder / file).is_file():
                return read_text_table(file, folder=folder)
    return None


def _absent(raw: RawTable, needed: Sequence[str]) -> list[DataProblem]:
    return [
        DataProblem(raw.file, f"there is no column {name}", "A BPC release has it.", row=1)
        for name in needed
        if name not in raw.headers
    ]


def _frame(raw: RawTable) -> pl.DataFrame:
    """Return the cells under their headers, null where empty, with the rows of the file."""
    frame = raw.frame.select(pl.when(~pl.all().is_in(NULL_WORDS)).then(pl.all()))
    frame.columns = list(raw.headers)
    return frame.with_columns(raw.rows.alias(ROW))


def _named(
    raw: RawTable, frame: pl.DataFrame, column: str, bad: pl.Series, said: tuple[str, str]
) -> list[DataProblem]:
    rows = frame.filter(bad.fill_null(value=False))
    return clipped(
        [
            DataProblem(raw.file, said[0], said[1], row, column, value)
            for value, row in rows.select(column, ROW).iter_rows()
        ]
    )


def _days(cells: pl.Series) -> pl.Series:
    """Whole days, null where a cell is no number of days within a life."""
    days = cells.cast(pl.Float64, strict=False)
    fits = days.abs() <= _LARGEST
    return pl.select(pl.when(fits).then(days.round(0))).to_series().cast(pl.Int64)


def _day_problems(
    tables: Mapping[str, RawTable], frames: Mapping[str, pl.DataFrame]
) -> list[DataProblem]:
    problems = []
    columns = {
        "cancers": ("tt_os_dx_days", "ca_seq"),
        "panel tests": ("dx_cpt_rep_days", "dx_path_proc_cpt_days"),
        "imaging": ("dx_scan_days",),
        "regimens": ("dx_reg_start_int", "dx_reg_end_all_int"),
    }
    for table, names in columns.items():
        for column in names:
            if table in frames and column in frames[table].columns:
                cells = frames[table][column]
                bad = cells.is_not_null() & _days(cells).is_null()
                said = ("is no number", "Correct the cell.")
                problems += _named(tables[table], frames[table], column, bad, said)
    return problems


def _stranger_problems(
    tables: Mapping[str, RawTable], frames: Mapping[str, pl.DataFrame]
) -> list[DataProblem]:
    known = frames["patients"]["record_id"].drop_nulls().to_list()
    said = (f"is no patient of {tables['patients'].file}", "Add the patient, or remove the row.")
    problems = []
    for table, frame in frames.items():
        if table != "patients":
            bad = ~frame["record_id"].is_in(known)
            problems += _named(tables[table], frame, "record_id", bad.fill_null(value=True), said)
    return problems


def _status_problems(
    tables: Mapping[str, RawTable], frames: Mapping[str, pl.DataFrame]
) -> list[DataProblem]:
    if "imaging" not in frames:
        return []
    frame = frames["imaging"]
    bad = ~frame["image_overall"].str.to_lowercase().is_in(list(_STATUS))
    words = "Progressing/Worsening/Enlarging, Stable/No change, Improving/Responding, Mixed"
    said = (f"is not one of {words}, Not stated/Indeterminate", "Correct the cell.")
    return _named(tables["imaging"], frame, "image_overall", bad, said)


def _patients(frames: Mapping[str, pl.DataFrame]) -> tuple[pl.DataFrame, int]:
    """Join each patient with the first index cancer; count those with several."""
    cancers = frames["cancers"].with_columns(_days(frames["cancers"]["ca_seq"]).alias("order"))
    several = cancers.group_by("record_id").len().filter(pl.col("len") > 1).height
    first = (
        cancers.sort("record_id", "order", ROW)
        .unique("record_id", keep="first", maintain_order=True)
        .drop("order", ROW)
    )
    theirs = [c for c in first.columns if c == "record_id" or c not in frames["patients"].columns]
    joined = frames["patients"].join(
        first.select(theirs), on="record_id", how="left", maintain_order="left"
    )
    days = _days(joined["tt_os_dx_days"])
    months = [None if day is None else repr(days_to_months(day)) for day in days]
    status = pl.col("os_dx_status").cast(pl.Float64, strict=False)
    joined = joined.with_columns(
        pl.when(status == 1)
        .then(pl.lit("1:DECEASED"))
        .when(status == 0)
        .then(pl.lit("0:LIVING"))
        .alias("OS_STATUS"),
        pl.Series("OS_MONTHS", months, dtype=pl.String),
    )
    return joined.rename({"record_id": "patient_id"}), several


def _specimens(tests: pl.DataFrame) -> pl.DataFrame:
    taken = tests.get_column("dx_path_proc_cpt_days", default=None)
    days = _days(taken) if taken is not None else pl.Series([None] * tests.height, dtype=pl.Int64)
    dates = [None if day is None else (DAY_ZERO + timedelta(days=day)).isoformat() for day in days]
    return tests.with_columns(pl.Series("(date)", dates, dtype=pl.String)).rename(
        {"record_id": "patient_id", "cpt_genie_sample_id": "specimen_id"}
    )


def _source(table: str, file: str, frame: pl.DataFrame, folder: Path) -> TableSource:
    """Hand a table to the reader of clinical tables."""
    rows = frame[ROW].alias("row")
    cells = frame.drop(ROW)
    headers = tuple(cells.columns)
    cells.columns = [f"c{i}" for i in range(len(headers))]
    columns = {"patient_id": "patient_id"}
    if table == "specimens":
        columns |= {"specimen_id": "specimen_id", "panel": "cpt_seq_assay_id", "date": "(date)"}
    else:
        columns |= {"sex": "naaccr_sex_code"} if "naaccr_sex_code" in headers else {}
    variables = [Variable("OS_MONTHS", "number", "Overall survival from diagnosis, in months.")]
    taken = {*columns.values(), "OS_MONTHS"}
    variables = [v for v in variables if v.name in headers] + [
        Variable(header, "text", f"{header} of the BPC table.")
        for header in headers
        if header not in taken
    ]
    raw = RawTable(file, headers, cells.fill_null(""), rows)
    return TableSource(table, file, folder, columns=columns, variables=tuple(variables), raw=raw)


def _timeline(
    tables: Mapping[str, RawTable], frames: Mapping[str, pl.DataFrame]
) -> pl.DataFrame | None:
    """Make the events of imaging, sequencing and treatment."""
    parts = []
    if "imaging" in frames:
        parts.append(_imaging(frames["imaging"]).with_columns(_file(tables["imaging"])))
    if "panel tests" in frames:
        tests = frames["panel tests"]
        parts.append(
            _events(tests, "SEQUENCING", "dx_cpt_rep_days", None)
            .with_columns(tests["cpt_genie_sample_id"].alias("SAMPLE_ID"))
            .with_columns(_file(tables["panel tests"]))
        )
    if "regimens" in frames:
        drugs = frames["regimens"]
        part = _events(drugs, "TREATMENT", "dx_reg_start_int", "dx_reg_end_all_int")
        if "regimen_drugs" in drugs.columns:
            part = part.with_columns(drugs["regimen_drugs"].alias("AGENT"))
        parts.append(part.with_columns(_file(tables["regimens"])))
    if not parts:
        return None
    events = pl.concat(parts, how="diagonal").filter(pl.col(DAY).is_not_null())
    return events.sort(PATIENT, DAY, FILE, ROW)


def _file(raw: RawTable) -> pl.Expr:
    return pl.lit(raw.file).alias(FILE)


def _events(frame: pl.DataFrame, event: str, start: str, stop: str | None) -> pl.DataFrame:
    nothing = pl.Series([None] * frame.height, dtype=pl.Int64)
    last = _days(frame[stop]) if stop is not None and stop in frame.columns else nothing
    return pl.DataFrame(
        [
            frame["record_id"].alias(PATIENT),
            _days(frame[start]).alias(DAY),
            last.alias(STOP),
            pl.Series(EVENT, [event] * frame.height, dtype=pl.String),
            frame[ROW],
        ]
    )


def _imaging(frame: pl.DataFrame) -> pl.DataFrame:
    """Tell of each report the course of all disease, and the liver's by proxy."""
    sites = [c for c in frame.columns if c.startswith("image_casite")]
    liver = (
        pl.any_horizontal(
            pl.col(c).str.to_lowercase().str.contains(r"^c22|liver").fill_null(value=False)
            for c in sites
        )
        if sites
        else pl.lit(value=False)
    )
    overall = (
        pl.col("image_overall")
        .str.to_lowercase()
        .replace_strict(_STATUS, default=None, return_dtype=pl.String)
    )
    said = frame.select(
        pl.when(overall != "").then(overall).alias("OVERALL"),
        pl.when(liver & (overall == "progression"))
        .then(pl.lit(PROXY))
        .when(liver & (overall != ""))
        .then(overall)
        .alias("HEPATIC_STATUS"),
    )
    return _events(frame, "IMAGING", "dx_scan_days", None).hstack(said.get_columns())


def _caveats(frames: Mapping[str, pl.DataFrame], several: int) -> list[Caveat]:
    caveats = []
    if "imaging" in frames:
        reports = _imaging(frames["imaging"]).filter(pl.col("HEPATIC_STATUS") == PROXY).height
        message = (
            f"Hepatic progression is a PROXY: {reports} reports say progression and name the liver "
            "among the sites of cancer; which site progressed is not recorded."
        )
        caveats.append(Caveat("proxy_progression", message, {"reports": reports}))
    if several:
        message = (
            f"{several} patient{'' if several == 1 else 's'} had several index cancers; the first "
            "is studied."
        )
        caveats.append(Caveat("several_cancers", message, {"patients": several}))
    return caveats
