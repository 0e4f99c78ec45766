"""What is read off a Cox fit: residuals, baseline hazard, tests of proportional hazards.

`MORE` maps the keys of a Cox block to their checks; each takes (where, model, value, findings).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from reference_model import Findings, Json

from embogen import CoxFit, Design, Surv
from embogen.inference.residuals import cox_residuals


@dataclass(frozen=True)
class Model:
    """A fit with what it was fitted to; `options` are those of `fit_cox` that make the rows."""

    fit: CoxFit
    surv: Surv
    design: Design
    options: dict[str, Any]

    def given(self, *names: str) -> dict[str, Any]:
        return {name: self.options[name] for name in names if name in self.options}


def residuals(where: str, model: Model, value: Json, found: Findings) -> None:
    key = where.rsplit(".", maxsplit=1)[-1]
    rows = model.given("strata", "weights", "offset")
    result = cox_residuals(model.fit, model.surv, model.design, **rows)
    fields = {"score_resid": "score"}
    ours = getattr(result, fields.get(key, key))
    theirs = np.array(value, dtype=float)
    found.true(f"{where}: as many rows", len(ours) == len(theirs))
    # a residual that is 0 but for rounding is compared by the size of the others
    floor = max(1e-10 * float(np.abs(theirs).max()), 1e-13)
    for i, (a, b) in enumerate(zip(ours.ravel(), theirs.ravel(), strict=True)):
        if abs(b) > floor:
            found.same(f"{where}[{i}]", a, b)
        else:
            found.true(f"{where}[{i}] {a!r} is 0", abs(a) <= 10 * floor)


MORE = {key: residuals for key in ("martingale", "deviance", "dfbeta", "schoenfeld", "score_resid")}


def compare_more(where: str, model: Model, block: dict[str, Any], found: Findings) -> None:
    """Compare the keys of a Cox block that are registered here."""
    for key in MORE.keys() & block.keys():
        MORE[key](f"{where}.{key}", model, block[key], found)
