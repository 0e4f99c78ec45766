"""Columns that look like identifiers of patients: by their header, or by what stands in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import polars as pl

from embogen.caveats import Caveat
from embogen.cohort.model import SOURCE_ROW
from embogen.cohort.schema import SCHEMAS

if TYPE_CHECKING:
    from embogen.cohort.model import Cohort

_PERSON: Final = "patient|pt|pat|first|last|given|family|full|middle|maiden|fore|sur"
_NUMBER: Final = "number|no|nr"
_HEADERS: Final = (
    (rf"((the )?({_PERSON}) ?)*name|surname|forename|initials", "a name"),
    (
        rf".*\b(mrn|medical record|record ({_NUMBER})|hospital ({_NUMBER}|id))\b.*",
        "a record number",
    ),
    (r".*\b(ssn|social security|nhs|insurance|passport|accession)\b.*", "a personal number"),
    (rf".*\b(phone|telephone|tel|fax|mobile)( ({_NUMBER}))?", "a telephone number"),
    (r".*\b(e ?mail)\b.*", "an e-mail address"),
    (r".*\b(address|street|zip|zip ?code|post ?code|postal code|city)\b.*", "an address"),
    (r".*\b(dob|birth|birthday|birthdate|date of birth)\b.*", "a date of birth"),
)  # fmt: skip
_EMAIL: Final = r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"
_PHONE: Final = r"^\+?\(?\d[\d ()/.\-]{6,}\d$"
_DATE: Final = r"^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
_SSN: Final = r"^\d{3}-\d{2}-\d{4}$"
_RECORD: Final = r"^\d{6,12}$"
_NAME: Final = r"^\p{Lu}[\p{L}'-]+,? (\p{Lu}\. )?\p{Lu}[\p{L}'-]+$"
_MOST: Final = 0.5
_FEWEST: Final = 5
_LONG: Final = 80
"""Characters from which a cell is prose, in which anything may be written."""


def looks_personal(header: str) -> str | None:
    """Say what a header announces, or None.

    Examples
    --------
    >>> looks_personal("Patient_Name"), looks_personal("DOB"), looks_personal("panel")
    ('a name', 'a date of birth', None)
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", " ", header).strip().lower()
    return next((what for pattern, what in _HEADERS if re.fullmatch(pattern, words)), None)


def holds_personal(cells: pl.Series) -> str | None:
    """Say what the cells of a column look like, or None.

    Examples
    --------
    >>> holds_personal(pl.Series(["a@b.org", None, "x"]))
    'e-mail addresses'
    >>> holds_personal(pl.Series(["2019-03-31", "2020-01-01"])) is None
    True
    """
    values = cells.drop_nulls().str.strip_chars()
    if not values.len():
        return None
    dates, records = values.str.contains(_DATE), values.str.contains(_RECORD)
    phones = values.str.contains(_PHONE) & ~dates & ~records
    several = values.len() >= _FEWEST and values.n_unique() > _MOST * values.len()
    found = (
        ("e-mail addresses", values.str.contains(_EMAIL).any()),
        ("personal numbers", values.str.contains(_SSN).any()),
        ("telephone numbers", _share(phones) > _MOST),
        ("record numbers", _share(records) > _MOST),
        ("names", several and _share(values.str.contains(_NAME)) > _MOST),
        (
            "free text, in which anything may stand",
            (values.str.len_chars() > _LONG).any(),
        ),
    )
    return next((what for what, holds in found if holds), None)


def _share(mask: pl.Series) -> float:
    return float(mask.sum()) / mask.len()


def identifier_caveats(cohort: Cohort) -> tuple[Caveat, ...]:
    """Name every column that looks like an identifier; no value is shown.

    Returns
    -------
    tuple of Caveat
        One for each column, of code ``identifier_column``.
    """
    found = []
    for table in SCHEMAS:
        frame = cohort.table(table)
        if frame is None:
            continue
        for column in frame.columns:
            if column == SOURCE_ROW:
                continue
            header = cohort.headers.get(f"{table}.{column}", column)
            reason = _reason(header, frame[column])
            if reason is not None:
                message = (
                    f"{cohort.file(table)}: the column {header} looks as if it held {reason}. Take "
                    "it out before the file goes anywhere; embogen needs none."
                )
                evidence = {"table": table, "column": header}
                found.append(Caveat("identifier_column", message, evidence, header))
    return tuple(found)


def _reason(header: str, cells: pl.Series) -> str | None:
    by_header = looks_personal(header)
    if by_header is not None:
        return f"{by_header} (by its header)"
    if cells.dtype == pl.String:
        return holds_personal(cells)
    return None
