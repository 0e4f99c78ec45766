"""Cox results written by hand, for tests of tables, figures and the report.

The numbers are plausible and consistent enough to be shown; none is tested for being right here.
"""

from __future__ import annotations

import math

import numpy as np

from embogen.caveats import Caveat
from embogen.inference.cox_result import Convergence, CoxFit, TermEstimate, UnivariableCox
from embogen.inference.design import Term
from embogen.inference.estimates import Estimate, Interval, SignificanceTest

NAN = math.nan
INF = math.inf


def gene_term(name: str) -> Term:
    return Term(name, level="altered", reference="wild type", coding="binary")


def term_estimate(
    term: Term,
    hr: float,
    low: float,
    high: float,
    p: float | None,
    *,
    status: str = "ok",
    carriers: tuple[int, int] | None = None,
) -> TermEstimate:
    se = (math.log(high) - math.log(low)) / (2 * 1.96) if status == "ok" else NAN
    coef = math.log(hr) if status == "ok" else {"infinite": INF, "zero": -INF}.get(status, NAN)
    method = "wald" if status == "ok" else "profile_likelihood"
    value = Estimate(
        hr,
        Interval(low, high, 0.95, method),
        p,
        "hazard_ratio",
        "wald" if status == "ok" else "likelihood_ratio",
    )
    n_carriers, n_events = carriers if carriers is not None else (None, None)
    return TermEstimate(
        term,
        status,
        coef,
        se,
        coef / se if status == "ok" else NAN,
        value,
        p,
        p,
        n_carriers,
        n_events,
    )


def cox_fit(
    *estimates: TermEstimate, n: int = 35, n_events: int = 30, caveats: tuple[Caveat, ...] = ()
) -> CoxFit:
    p = len(estimates)
    return CoxFit(
        terms=tuple(item.term for item in estimates),
        coef=np.array([item.coef for item in estimates]),
        covariance=np.eye(p),
        loglik_null=-80.0,
        loglik=-74.5,
        n=n,
        n_events=n_events,
        n_excluded=0,
        ties="efron",
        penalty=None,
        convergence=Convergence("ok", 5, 1e-12),
        estimates=estimates,
        lr_test=SignificanceTest("likelihood_ratio", 11.0, float(p), 0.0041),
        wald_test=None,
        score_test=None,
        caveats=caveats,
    )


def univariable() -> UnivariableCox:
    few = Caveat("few_carriers", "VHL: 2 carriers, both with an event.", {"carriers": 2}, "VHL")
    rows = (
        term_estimate(gene_term("MEN1"), 1.987, 0.911, 4.349, 0.0853, carriers=(11, 10)),
        term_estimate(gene_term("DAXX"), 7.19, 2.42, 21.33, 0.00038, carriers=(9, 9)),
        term_estimate(gene_term("TP53"), 2.81, 0.97, 8.15, 0.0577, carriers=(6, 6)),
        term_estimate(gene_term("TSC2"), 2.47, 0.95, 6.40, 0.0628, carriers=(6, 5)),
    )
    infinite = term_estimate(
        gene_term("VHL"), INF, 3.2, INF, 0.0021, status="infinite", carriers=(2, 2)
    )
    grade = term_estimate(
        Term("grade", coding="trend", unit="step", title="WHO grade"), 3.26, 1.73, 6.17, 0.00028
    )
    site = tuple(
        term_estimate(
            Term("site", level, "pancreas", coding="level", title="Primary site"),
            hr,
            low,
            high,
            p,
            carriers=(count, count - 1),
        )
        for level, hr, low, high, p, count in (
            ("gallbladder", 1.4, 0.2, 310.0, 0.74, 1),
            ("other", 0.62, 0.29, 1.31, 0.21, 18),
        )
    )
    volume = term_estimate(Term("Tumor volume", unit="100 mL"), 1.04, 0.98, 1.10, 0.19)
    constant = term_estimate(
        Term("Sex", level="male", reference="female", coding="binary"),
        NAN,
        NAN,
        NAN,
        None,
        status="not_estimable",
        carriers=(35, 30),
    )
    return UnivariableCox(
        (
            *(cox_fit(row) for row in rows[:3]),
            cox_fit(rows[3], n=31, n_events=27),
            cox_fit(infinite, caveats=(few,)),
            cox_fit(grade),
            cox_fit(*site),
            cox_fit(volume),
            cox_fit(constant),
        )
    )


def multivariable() -> CoxFit:
    return cox_fit(
        term_estimate(gene_term("DAXX"), 3.50, 1.07, 11.40, 0.038, carriers=(9, 9)),
        term_estimate(
            Term("grade", coding="trend", unit="step", title="WHO grade"), 2.6, 1.2, 5.4, 0.011
        ),
        caveats=(
            Caveat(
                "few_events_per_parameter",
                "30 events stand behind 2 parameters.",
                {"events": 30, "parameters": 2},
            ),
        ),
    )
