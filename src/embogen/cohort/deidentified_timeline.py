"""A timeline without identifiers: new ids, known types of event, and the words a plan needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import polars as pl

from embogen.cohort.timeline import COLUMNS, EVENT, FILE, PATIENT, ROW

EVENT_TYPES: Final = frozenset(
    {
        "DIAGNOSIS",
        "DIAGNOSTIC",
        "IMAGING",
        "LAB_TEST",
        "LABTEST",
        "PROCEDURE",
        "SAMPLE ACQUISITION",
        "SEQUENCING",
        "SPECIMEN",
        "STATUS",
        "SURGERY",
        "TREATMENT",
    }
)
"""Types of event, in upper case, that say nothing of a person."""
OTHER_EVENT: Final = "OTHER EVENT"
"""What every other type becomes; the row stays, since follow-up ends with the last of them."""


def deidentify_timeline(
    timeline: pl.DataFrame,
    patients: Mapping[str, str],
    words: Mapping[str, Collection[str]],
) -> tuple[pl.DataFrame, int]:
    """Take out of a timeline what points to a person.

    Days stay: they count from a day 0 of the patient, not from a date.

    Parameters
    ----------
    timeline
        Columns of `cohort.timeline`, and others of text.
    patients
        Old id to new id; rows of others are left out.
    words
        Column, in upper case, to the words that stay in it; every other column is left out.

    Returns
    -------
    timeline
        With new ids, in their order; it does not say where a row was read.
    n_emptied
        Words left out, columns that are not listed aside.

    Examples
    --------
    >>> rows = pl.DataFrame({"patient_id": ["a"], "start_day": [3], "stop_day": [None],
    ...     "event_type": ["Call"], "timeline_file": ["t.txt"], "timeline_row": [2],
    ...     "STATUS": ["told Jane Doe"], "NOTE": ["x"]})
    >>> made, emptied = deidentify_timeline(rows, {"a": "P1"}, {"STATUS": {"PD"}})
    >>> made.columns[-1], made.row(0)[:4], made["STATUS"].to_list(), emptied
    ('STATUS', ('P1', 3, None, 'OTHER EVENT'), [None], 2)
    """
    kept = timeline.filter(pl.col(PATIENT).is_in(list(patients)))
    types = list(EVENT_TYPES), list(words.get("EVENT_TYPE", ()))
    known = pl.col(EVENT).str.to_uppercase().is_in(types[0]) | pl.col(EVENT).is_in(types[1])
    emptied = kept.filter(~known).height
    listed = [name for name in timeline.columns if name not in COLUMNS and name.upper() in words]
    for name in listed:
        stays = pl.col(name).is_in(list(words[name.upper()]))
        emptied += kept.filter(pl.col(name).is_not_null() & ~stays).height
        kept = kept.with_columns(pl.when(stays).then(pl.col(name)).alias(name))
    kept = kept.with_columns(
        pl.col(PATIENT).replace_strict(dict(patients), return_dtype=pl.String),
        pl.when(known).then(pl.col(EVENT)).otherwise(pl.lit(OTHER_EVENT)).alias(EVENT),
        pl.lit("timeline").alias(FILE),
    )
    order = [name for name in kept.columns if name in COLUMNS and name != ROW]
    kept = kept.sort(*order, *listed).with_columns(pl.int_range(1, pl.len() + 1).alias(ROW))
    return kept.select(*COLUMNS, *listed), emptied
