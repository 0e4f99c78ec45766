"""`[covariate.NAME]` of a study file: where a covariate is, or how it is derived."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from embogen.study.plan_section import Section

Derivation = Literal[
    "who_grade",
    "who_class",
    "tumor_burden",
    "albi_score",
    "albi_grade",
    "sessions",
    "course_days",
    "worst_ctcae",
    "first_session",
]
"""What a covariate may be derived as."""


class CovariateSection(Section):
    """`[covariate.NAME]`: a column of a table as a term of a model or a row of a table."""

    column: str = ""
    table: Literal["patients", "procedures", "endpoint"] = "patients"
    """From `procedures` the value of the first procedure is taken."""
    endpoint: str | None = None
    """For `table = "endpoint"`: whose `best_response` or `objective_response` it is."""
    derive: Derivation | None = None
    """In place of `column`: a value computed from other columns."""
    edition: Literal["2010", "2017", "2019", "2022"] = "2019"
    """Of the WHO classification a grade is derived by."""
    cutpoints: list[float] = Field(default_factory=list)
    """A derived tumour burden is put into classes at these percentages."""
    course_gap_days: float = Field(default=60.0, gt=0)
    """Longest pause between two sessions of one course."""
    label: str | None = None
    coding: Literal["number", "trend", "levels", "flag"] | None = None
    levels: list[str] = Field(default_factory=list)
    reference: str | None = None
    group: dict[str, str] = Field(default_factory=dict)
    """Value in the data = level it is counted with."""
    per: float = Field(default=1.0, gt=0)
    """A number's hazard ratio is per this many units."""
