"""The smooth of scaled Schoenfeld residuals against R's splines, hazard_ratio_smooth.R."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embogen import Design, Surv, fit_cox
from embogen.inference.ph_test import proportional_hazards

TWO_SIDED_95 = 1.959963984540054


def test_curve_and_limits_are_those_of_r() -> None:
    r = json.loads((Path(__file__).parent / "hazard_ratio_smooth.json").read_text("utf-8"))
    surv = Surv(r["time"], r["status"])
    design = Design.from_arrays(np.column_stack([r["age"], r["karno"]]), ["age", "karno"])
    result = proportional_hazards(fit_cox(surv, design), surv, design, transform="identity")
    assert [curve.label for curve in result.curves] == ["age", "karno"]
    for curve in result.curves:
        np.testing.assert_allclose(curve.time, r["grid"], rtol=1e-12)
        np.testing.assert_allclose(curve.coef, r[f"{curve.label}_coef"], rtol=1e-7, atol=1e-10)
        half = TWO_SIDED_95 * np.array(r[f"{curve.label}_se"])
        np.testing.assert_allclose(curve.ci_high - curve.coef, half, rtol=1e-7)
        np.testing.assert_allclose(curve.coef - curve.ci_low, half, rtol=1e-7)


@pytest.mark.parametrize("events", [0, 3])
def test_few_events_carry_no_curve(events: int) -> None:
    surv = Surv([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1] + [1] * events + [0] * (4 - events))
    design = Design.from_arrays([1, 0, 0, 1, 0, 1, 0, 0], ["x"])
    assert proportional_hazards(fit_cox(surv, design), surv, design).curves == ()
