"""E-values against the article's figures and R."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from embogen.errors import DataError
from embogen.inference.e_value import e_value, e_value_of_hr, risk_ratio_of
from embogen.inference.estimates import Estimate, Interval

FIGURES = json.loads(
    (Path(__file__).parents[2] / "reference" / "power_and_e_values.json").read_text("utf-8")
)


@pytest.mark.parametrize(
    ("ratio", "printed"), [(3.9, 7.26), (1.8, 3.0), (0.80, 1.81), (0.91, 1.43)]
)
def test_printed_e_values_of_the_article(ratio, printed):
    assert e_value(ratio) == pytest.approx(printed, abs=0.0051)


@pytest.mark.parametrize("row", FIGURES["e_values"])
def test_hazard_ratios_of_a_common_event_as_in_r(row):
    assert risk_ratio_of(row["hr"]) == pytest.approx(row["risk_ratio"], rel=1e-12)
    assert e_value(risk_ratio_of(row["hr"])) == pytest.approx(row["e_value"], rel=1e-12)


def hazard_ratio(value, low, high):
    return Estimate(value, Interval(low, high, 0.95, "wald"), None, "hazard_ratio")


def test_the_limit_nearest_one_counts_and_an_interval_with_one_has_none_to_explain():
    harmful, inverse = hazard_ratio(3.0, 2.0, 4.5), hazard_ratio(1 / 3, 1 / 4.5, 1 / 2)
    assert e_value_of_hr(harmful).limit == pytest.approx(e_value(risk_ratio_of(2.0)))
    assert e_value_of_hr(inverse).limit == pytest.approx(e_value_of_hr(harmful).limit)
    assert e_value_of_hr(inverse).estimate == pytest.approx(e_value_of_hr(harmful).estimate)
    assert e_value_of_hr(hazard_ratio(3.0, 0.9, 9.0)).limit == 1.0


def test_what_is_not_finite():
    endless = e_value_of_hr(hazard_ratio(math.inf, 2.0, math.inf))
    assert endless.estimate == math.inf
    assert endless.limit == pytest.approx(e_value(risk_ratio_of(2.0)))
    assert e_value_of_hr(hazard_ratio(0.0, 0.0, 0.5)).estimate == math.inf
    assert e_value_of_hr(hazard_ratio(math.nan, 1.0, 2.0)) is None
    assert e_value_of_hr(hazard_ratio(2.0, math.nan, 2.0)).limit is None
    assert e_value_of_hr(Estimate(2.0, None, None, "hazard_ratio")).limit is None


@pytest.mark.parametrize("function", [e_value, risk_ratio_of])
@pytest.mark.parametrize("bad", [-1.0, math.nan])
def test_no_ratio_is_refused(function, bad):
    with pytest.raises(DataError, match="is not a"):
        function(bad)
