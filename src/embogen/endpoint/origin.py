"""The time origin of each patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from embogen.cohort.schema import EMBOLIZATIONS

if TYPE_CHECKING:
    import datetime as dt

    from embogen.cohort.model import Cohort


def first_embolizations(cohort: Cohort) -> dict[str, dt.date]:
    """Return the date of each patient's first embolization.

    Where the procedures table has a `modality`, only embolizations count; without it every
    procedure does. Patients without one are not in the result.

    Examples
    --------
    >>> import datetime as dt
    >>> from embogen.cohort.model import Cohort
    >>> patients = pl.DataFrame({"patient_id": ["a", "b"]})
    >>> dates = [dt.date(2020, 3, 1), dt.date(2020, 1, 5)]
    >>> procedures = pl.DataFrame({"patient_id": ["a", "a"], "date": dates})
    >>> first_embolizations(Cohort(patients, procedures=procedures))
    {'a': datetime.date(2020, 1, 5)}
    """
    table = cohort.procedures
    if table is None:
        return {}
    rows = table.filter(pl.col("date").is_not_null())
    if "modality" in rows.columns:
        rows = rows.filter(pl.col("modality").is_in(EMBOLIZATIONS))
    first = rows.group_by("patient_id").agg(pl.col("date").min()).sort("patient_id")
    return dict(first.iter_rows())
