"""Which specimens may stand for the disease that was treated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embogen.caveats import Caveat
from embogen.cohort.flow import FlowStep

if TYPE_CHECKING:
    import datetime as dt

    from embogen.cohort.model import Cohort


@dataclass(frozen=True, slots=True, eq=False)
class SpecimenCheck:
    """Specimens within the window of each patient's origin.

    Parameters
    ----------
    specimen_ids
        Ids of all qualifying specimens (give them to `build_alterations` as ``use``).
    first
        Patient id to the date of the specimen that decides entry: the earliest qualifying one
        that was sequenced, or the earliest qualifying one where none was sequenced.
    step
        Flow step: patients without a qualifying specimen, each with the reason.
    caveats
        About specimens outside the window and specimens taken after the origin.
    """

    specimen_ids: frozenset[str]
    first: Mapping[str, dt.date]
    step: FlowStep
    caveats: tuple[Caveat, ...]


def check_specimen_window(
    cohort: Cohort, origins: Mapping[str, dt.date], window_days: float | None
) -> SpecimenCheck:
    raise NotImplementedError
