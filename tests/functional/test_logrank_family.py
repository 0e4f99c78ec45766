"""The log-rank family and exact ties from a plan, against sums over counts of the curves."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from embogen import PlanError, read_study, run
from embogen.inference.curves import KaplanMeier
from embogen.report.methods import methods_paragraphs
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table
from embogen.tables.of_analysis import tables_of

CURVES = """[[analysis]]
id = "{id}"
kind = "kaplan_meier"
endpoint = "hpfs"
by = "{by}"
{more}
"""
COX = """[[analysis]]
id = "discrete"
kind = "univariable_cox"
endpoint = "hpfs"
terms = ["gene:DAXX"]
ties = "exact"
{more}
"""


NAMES = {
    0.0: "Log-rank",
    0.5: "Harrington\u2013Fleming (rho 0.5)",
    1.0: "Peto\u2013Peto Wilcoxon",
}


def study_with(study: Path, *analyses: str) -> Path:
    file = study / "study.toml"
    before = file.read_text("utf-8").partition("[[analysis]]")[0]
    file.write_text(before + "\n".join(analyses), encoding="utf-8")
    return study


def curves(**keys: str) -> str:
    return CURVES.format(**{"id": "curves", "by": "gene:DAXX", "more": "", **keys})


def counted(result: KaplanMeier, rho: float) -> tuple[np.ndarray, np.ndarray]:
    """O - E of each group and its covariance, time by time from the counts of the curves."""
    times = np.unique(np.concatenate([curve.time for curve in result.curves]))
    excess = np.zeros(len(result.curves))
    variance = np.zeros((len(excess), len(excess)))
    survival = 1.0
    for time in times:
        events = [float(c.n_event[c.time == time].sum()) for c in result.curves]
        n = np.array([float(c.number_at_risk([time])[0]) for c in result.curves])
        d, total = sum(events), n.sum()
        weight, share = survival**rho, n / total
        excess += weight * (np.array(events) - d * share)
        if total > 1:
            factor = weight**2 * d * (total - d) / (total - 1)
            variance += factor * (np.diag(share) - np.outer(share, share))
        survival *= 1 - d / total
    return excess, variance


@pytest.mark.parametrize("rho", [0.0, 0.5, 1.0])
def test_each_member_of_the_family_is_its_sum_over_times(demo_study: Path, rho: float) -> None:
    results = run(read_study(study_with(demo_study, curves(more=f"rho = {rho}"))))
    analysis = results.analysis("curves")
    excess, variance = counted(analysis.result, rho)
    assert analysis.result.logrank.statistic == pytest.approx(
        excess[0] ** 2 / variance[0, 0], rel=1e-10
    )
    name = NAMES[rho]
    (table,) = tables_of(analysis, results)
    assert table.columns[-1].header == f"{name} p"
    assert any(note.startswith(f"{name} chi-square") for note in table.general_notes)
    said = " ".join(result_sentences(analysis, results)).lower()
    assert f"the {name.lower()} test gave" in said
    methods = " ".join(text for _, text in methods_paragraphs(results)).lower()
    assert f"compared by the {name.lower()} test" in methods
    (row,) = [r for r in long_table([analysis]) if r.statistic == "p_value"]
    assert row.method == ("log_rank" if rho == 0 else f"log_rank_rho_{rho:g}")


def test_the_trend_goes_by_the_order_of_the_levels(demo_study: Path) -> None:
    results = run(read_study(study_with(demo_study, curves(by="grade", more="trend = true"))))
    analysis = results.analysis("curves")
    excess, variance = counted(analysis.result, 0.0)
    scores = np.arange(len(excess))
    z = scores @ excess / math.sqrt(scores @ variance @ scores)
    assert len(scores) > 2
    assert analysis.result.trend.z == pytest.approx(z, rel=1e-10)
    assert to_json(from_json(to_json(results))) == to_json(results)
    assert any("Trend over the groups" in n for n in tables_of(analysis, results)[0].general_notes)
    assert any("test for trend over" in text for text in result_sentences(analysis, results))
    found = {r.statistic: r.value for r in long_table([analysis]) if r.method == "log_rank_trend"}
    assert found["z"] == analysis.result.trend.z


def test_without_the_key_no_trend_is_tested(demo_study: Path) -> None:
    results = run(read_study(study_with(demo_study, curves(by="grade"))))
    assert results.analysis("curves").result.trend is None


def test_exact_ties_are_the_discrete_model_and_keep_the_permutation_test(demo_study: Path) -> None:
    efron = COX.format(more="").replace('ties = "exact"', "").replace("discrete", "efron")
    results = run(read_study(study_with(demo_study, COX.format(more=""), efron)))
    (fit,) = results.analysis("discrete").result.fits
    (other,) = results.analysis("efron").result.fits
    assert (fit.ties, fit.estimates[0].tests.firth) == ("exact", None)
    assert fit.estimates[0].tests.permutation == other.estimates[0].tests.permutation
    assert fit.estimates[0].coef == pytest.approx(other.estimates[0].coef, abs=0.2)


def test_what_does_not_go_together_is_said_by_its_path(demo_study: Path) -> None:
    alone = curves(more="trend = true").replace('by = "gene:DAXX"', "")
    study = study_with(demo_study, alone, COX.format(more='penalty = "firth"'))
    with pytest.raises(PlanError) as refused:
        read_study(study)
    assert {problem.path for problem in refused.value.problems} == {
        "analysis[1].trend",
        "analysis[2].ties",
    }
