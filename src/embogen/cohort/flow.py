"""Patient flow: how many patients stood at each step, and who was left out, why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One patient left out, with the reason in words a clinician would use."""

    patient_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step of the flow; `n_before - len(excluded) == n_after`.

    Parameters
    ----------
    label
        What was required at this step: ``had an embolization``.
    n_before, n_after
        Patients before and after.
    excluded
        Every patient left out here.
    """

    label: str
    n_before: int
    n_after: int
    excluded: tuple[Exclusion, ...] = ()

    def __post_init__(self) -> None:
        if self.n_before - len(self.excluded) != self.n_after:
            left_out = len(self.excluded)
            msg = f"flow step {self.label!r}: {self.n_before} - {left_out} is not {self.n_after}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class PatientFlow:
    """All steps in order, from the patients of the file to those analysed."""

    steps: tuple[FlowStep, ...]
