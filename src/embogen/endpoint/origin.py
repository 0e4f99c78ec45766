"""The time origin of each patient."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from embogen.cohort.model import Cohort


def first_embolizations(cohort: Cohort) -> dict[str, dt.date]:
    raise NotImplementedError
