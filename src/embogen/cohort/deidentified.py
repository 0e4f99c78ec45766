"""A cohort without direct identifiers: new ids, moved dates, pooled ages, listed columns only."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

import polars as pl

from embogen.cohort.identifiers import holds_personal, looks_personal
from embogen.cohort.model import SOURCE_ROW, Cohort
from embogen.cohort.schema import SCHEMAS, Variable

if TYPE_CHECKING:
    import numpy as np

DateRule = Literal["shift", "origin"]

VOCABULARY: Final = frozenset(
    {
        "patients.primary_site",
        "patients.histology",
        "procedures.embolic",
        "procedures.territory",
        "procedures.agent",
        "procedures.end_point",
        "procedures.ctcae_term",
        "procedures.course",
        "assessments.imaging",
        "specimens.site",
        "specimens.panel",
        "lesions.organ",
    }
)
"""Columns of text that hold a few words of the field. Every other text is free text and dropped."""

OLDEST: Final = 89
"""Ages above are pooled: so few people are older that the age alone points to one."""
ORIGIN: Final = dt.date(2000, 1, 1)
"""Where `origin` puts every patient's first embolization."""
_LONGEST_SHIFT: Final = 365
_LONGEST_WORD: Final = 60
_PREFIX: Final = {"procedures": "R", "assessments": "A", "specimens": "S", "lesions": "L"}


@dataclass(frozen=True, slots=True, eq=False)
class Deidentified:
    """A cohort made fit to leave, and the key back, which must not leave with it.

    Parameters
    ----------
    cohort
        Tables of the listed columns, in the order of the new ids.
    patients, specimens
        Old id to new id.
    shift_days
        Old patient id to the days its dates were moved by; None where it has no date.
    dropped
        ``table.column`` left out, in words why.
    n_pooled
        Ages above 89 that were pooled.
    n_emptied
        Cells of text emptied because they look like an identifier, or are too long for a word.
    """

    cohort: Cohort
    patients: Mapping[str, str]
    specimens: Mapping[str, str]
    shift_days: Mapping[str, int | None]
    dropped: Mapping[str, str]
    n_pooled: int
    n_emptied: int


def deidentify_cohort(
    cohort: Cohort,
    rng: np.random.Generator,
    *,
    dates: DateRule = "shift",
    origins: Mapping[str, dt.date] | None = None,
    needed: Collection[str] = (),
    withheld: Mapping[str, str] = MappingProxyType({}),
) -> Deidentified:
    """Take out of a cohort what points to a person.

    Columns stay by a list: those the registry or the plan declares as categories, flags, numbers
    and dates, `VOCABULARY`, and `needed`. Patients are numbered in an order drawn at random, and
    all rows with them. The dates of a patient move together, so that every interval stays. Those of
    a cohort with a timeline stand for days from the patient's day 0 already, and stay. The timeline
    itself is not taken over: see `deidentify_timeline`.

    Parameters
    ----------
    cohort
        As read.
    rng
        Random numbers; draw its seed from the operating system, and do not write it down.
    dates
        ``shift`` moves each patient by its own number of days, up to a year either way; ``origin``
        puts each patient's first embolization (else its first date) on 1 January 2000.
    origins
        Patient id to the date ``origin`` counts from.
    needed
        ``table.column`` of undeclared columns whose values the caller has found harmless.
    withheld
        ``table.column`` of columns that may not stay whatever the list says, to why.

    Returns
    -------
    Deidentified
        The cohort and the key.
    """
    ids = cohort.patient_ids
    width = len(str(len(ids)))
    order = rng.permutation(len(ids))
    patients = {ids[old]: f"P{new:0{width}}" for new, old in enumerate(order, 1)}
    firsts = _first_dates(cohort) | dict(origins or {})
    shifts = {patient: _shift(firsts.get(patient), dates, rng) for patient in ids}
    if cohort.timeline is not None:
        shifts = dict.fromkeys(ids, 0)
    tables: dict[str, Any] = {}
    registry: dict[str, Variable] = {}
    dropped: dict[str, str] = {}
    keys: dict[str, dict[str, str]] = {}
    pooled = emptied = 0
    for table in SCHEMAS:
        frame = cohort.table(table)
        if frame is None:
            continue
        frame, keys[table] = _renamed(frame, table, patients)
        columns = []
        for name in frame.columns:
            place = f"{table}.{name}"
            variable = cohort.registry.get(place)
            reason = withheld.get(place)
            if name != SOURCE_ROW and reason is None:
                reason = _refusal(place, variable, cohort, needed)
            if reason is not None:
                dropped[place] = reason
                continue
            values, n_old, n_odd = _cleaned(frame, name, variable, shifts)
            pooled, emptied = pooled + n_old, emptied + n_odd
            columns.append(values.alias(name))
            if variable is not None:
                registry[place] = dataclasses.replace(variable, date_format=None)
        tables[table] = pl.DataFrame(columns).drop("_old", strict=False)
    made = dataclasses.replace(
        cohort,
        **tables,
        registry=registry,
        headers={},
        undeclared={},
        steps=(),
        set_aside={},
        timeline=None,
    )
    specimens = keys.get("specimens", {})
    return Deidentified(made, patients, specimens, shifts, dropped, pooled, emptied)


def _first_dates(cohort: Cohort) -> dict[str, dt.date]:
    """Return each patient's earliest date in any table."""
    first: dict[str, dt.date] = {}
    for table in SCHEMAS:
        frame = cohort.table(table)
        if frame is None:
            continue
        for name in frame.columns:
            if frame[name].dtype != pl.Date:
                continue
            known = frame.filter(pl.col(name).is_not_null() & pl.col("patient_id").is_not_null())
            for patient, date in known.select("patient_id", name).iter_rows():
                first[patient] = min(date, first.get(patient, date))
    return first


def _shift(first: dt.date | None, dates: DateRule, rng: np.random.Generator) -> int | None:
    # drawn for everybody, so that a patient without dates changes nobody else's
    days = int(rng.integers(1, _LONGEST_SHIFT + 1)) * (1 if rng.random() < 0.5 else -1)  # noqa: PLR2004 - a coin
    if first is None:
        return None
    return (ORIGIN - first).days if dates == "origin" else days


def _renamed(
    frame: pl.DataFrame, table: str, patients: Mapping[str, str]
) -> tuple[pl.DataFrame, dict[str, str]]:
    """Give every id of a table a new one; rows follow the new order."""
    frame = frame.filter(pl.col("patient_id").is_in(list(patients)))
    old = frame["patient_id"]
    new = old.replace_strict(dict(patients), return_dtype=pl.String)
    frame = frame.with_columns(new.alias("patient_id"), old.alias("_old"))
    dates = ["date"] if "date" in frame.columns else []
    frame = frame.sort("patient_id", *dates, SOURCE_ROW)
    key = SCHEMAS[table].key
    if table == "patients" or key is None or key not in frame.columns:
        return frame, {}
    number = pl.int_range(1, pl.len() + 1).over("patient_id").cast(pl.String)
    named = pl.concat_str(pl.col("patient_id"), pl.lit(f"-{_PREFIX[table]}"), number)
    fresh = frame.select(named.alias("new"))["new"]
    mapping = dict(zip(frame[key].to_list(), fresh.to_list(), strict=True))
    return frame.with_columns(fresh.alias(key)), mapping


def _refusal(
    place: str, variable: Variable | None, cohort: Cohort, needed: Collection[str]
) -> str | None:
    """Say why a column does not stay, or None."""
    table, _, name = place.partition(".")
    if name in {"_old", "patient_id", SCHEMAS[table].key}:
        return None
    header = cohort.headers.get(place, name)
    personal = looks_personal(header) or looks_personal(name)
    if personal is not None:
        return f"looks like {personal}"
    if place in needed or place in VOCABULARY:
        return None
    if variable is None:
        return "is declared neither by embogen nor by the study"
    return "is free text" if variable.type == "text" else None


def _cleaned(
    frame: pl.DataFrame,
    name: str,
    variable: Variable | None,
    shifts: Mapping[str, int | None],
) -> tuple[pl.Series, int, int]:
    """Move dates, pool ages, empty odd text; count the latter two."""
    values = frame[name]
    if values.dtype == pl.Date:
        days = frame["_old"].replace_strict(dict(shifts), return_dtype=pl.Int64)
        moved = pl.DataFrame({"v": values, "d": days}).select(
            (pl.col("v") + pl.duration(days=pl.col("d"))).alias("v")
        )
        return moved["v"], 0, 0
    if variable is not None and _is_age(variable) and values.dtype.is_numeric():
        old = (values > OLDEST).fill_null(value=False)
        pooled: Any = pl.when(pl.col("v") > OLDEST).then(OLDEST + 1).otherwise(pl.col("v"))
        kept = pl.DataFrame({"v": values}).select(pooled.cast(values.dtype).alias("v"))["v"]
        return kept, int(old.sum()), 0
    if variable is not None and variable.type == "text":
        odd = values.is_in([word for word in values.drop_nulls().unique() if _odd(word)])
        odd = odd.fill_null(value=False)
        words = pl.DataFrame({"v": values, "o": odd}).select(pl.when(~pl.col("o")).then("v"))
        return words["v"], 0, int(odd.sum())
    if variable is not None and variable.type == "id" and not _renamed_already(frame, name):
        # an id within a patient, of a lesion say, becomes a number within the patient
        number = pl.col(name).rank("dense").over("_old").cast(pl.String)
        return frame.select(number.alias("v"))["v"], 0, 0
    return values, 0, 0


def _renamed_already(frame: pl.DataFrame, name: str) -> bool:
    keys = {schema.key for schema in SCHEMAS.values()}
    return name == "patient_id" or name in keys.intersection(frame.columns)


def _odd(text: str) -> bool:
    return len(text) > _LONGEST_WORD or holds_personal(pl.Series([text])) is not None


def _is_age(variable: Variable) -> bool:
    return "age" in variable.name.lower().split("_") and variable.type in {"number", "integer"}
