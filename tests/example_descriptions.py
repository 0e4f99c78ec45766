"""Curves, baseline table, frequencies and OncoPrint for tests of what shows them."""

from __future__ import annotations

import math

import numpy as np

from embogen.caveats import Caveat
from embogen.genomics.oncoprint import OncoPrint, Track
from embogen.inference.curves import KaplanMeier, SurvivalCurve
from embogen.inference.describe import (
    BaselineTable,
    BaselineVariable,
    CategorySummary,
    LevelCount,
    NumberSummary,
)
from embogen.inference.estimates import Estimate, Interval, SignificanceTest
from embogen.inference.frequency import GeneCount, GeneFrequency, GeneFrequencyRow
from embogen.inference.significance import LogRank

NAN = math.nan
INF = math.inf


def curve(
    group: str, n: int, *, seed: int, median_days: float, never: bool = False
) -> SurvivalCurve:
    """A real Kaplan-Meier curve of exponential times, with Greenwood's log interval."""
    rng = np.random.default_rng(seed)
    times = np.sort(np.ceil(rng.exponential(median_days / math.log(2), n)))
    events = rng.random(n) < (0.0 if never else 0.82)
    distinct = np.unique(times)
    n_risk = np.array([(times >= t).sum() for t in distinct], dtype=float)
    n_event = np.array([((times == t) & events).sum() for t in distinct], dtype=float)
    n_all = np.array([(times == t).sum() for t in distinct], dtype=float)
    survival = np.cumprod(1 - n_event / n_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(n_event / (n_risk * (n_risk - n_event)))
        spread = 1.96 * np.sqrt(greenwood)
        low = np.where(survival > 0, survival * np.exp(-spread), NAN)
        high = np.where(survival > 0, np.minimum(survival * np.exp(spread), 1.0), NAN)
    below = np.flatnonzero(survival <= 0.5)
    median = float(distinct[below[0]]) if below.size else NAN
    upper = np.flatnonzero(np.nan_to_num(high, nan=0.0) <= 0.5)
    lower = np.flatnonzero(np.nan_to_num(low, nan=0.0) <= 0.5)
    interval = Interval(
        float(distinct[lower[0]]) if lower.size else NAN,
        float(distinct[upper[0]]) if upper.size else INF,
        0.95,
        "log",
    )
    return SurvivalCurve(
        group=group,
        time=distinct,
        n_risk=n_risk,
        n_event=n_event,
        n_censor=n_all - n_event,
        survival=survival,
        std_error=survival * np.nan_to_num(np.sqrt(greenwood), posinf=0.0),
        ci_low=low,
        ci_high=high,
        interval="log",
        level=0.95,
        n=n,
        n_events=int(n_event.sum()),
        median=Estimate(median, interval, None, "days"),
    )


def kaplan_meier() -> KaplanMeier:
    curves = (
        curve("wild type", 26, seed=3, median_days=300),
        curve("altered", 9, seed=4, median_days=110),
    )
    test = LogRank(
        groups=("wild type", "altered"),
        n=(26, 9),
        observed=np.array([21.0, 9.0]),
        expected=np.array([26.6, 3.4]),
        variance=np.array([[2.4, -2.4], [-2.4, 2.4]]),
        statistic=12.9,
        df=1,
        p_value=0.00033,
    )
    reached = Caveat(
        "median_not_reached", "The curve of altered stays above one half.", {}, "altered"
    )
    return KaplanMeier(curves, test, (reached,))


def baseline() -> BaselineTable:
    age = NumberSummary(35, 0, 56.2, 10.9, 57.0, 49.5, 64.0, 30.0, 75.0)
    young = NumberSummary(26, 0, 55.8, 11.2, 56.5, 48.0, 63.0, 30.0, 74.0)
    old = NumberSummary(9, 0, 57.9, 10.1, 59.0, 52.0, 66.0, 41.0, 75.0)
    volume = NumberSummary(33, 2, 412.8, 380.1, 301.4, 120.2, 560.9, 12.4, 1733.0)
    none = NumberSummary(0, 9, NAN, NAN, NAN, NAN, NAN, NAN, NAN)

    def counts(n: int, **levels: int) -> CategorySummary:
        total = sum(levels.values())
        return CategorySummary(
            total, n - total, tuple(LevelCount(k, v, total) for k, v in levels.items())
        )

    return BaselineTable(
        n=35,
        group_variable="DAXX",
        group_names=("wild type", "altered"),
        group_sizes=(26, 9),
        n_group_missing=0,
        variables=(
            BaselineVariable(
                "age_years",
                "Age",
                "years",
                age,
                (young, old),
                SignificanceTest("wilcoxon", 101.0, None, 0.55),
            ),
            BaselineVariable(
                "sex",
                "Sex",
                None,
                counts(35, female=16, male=19),
                (counts(26, female=13, male=13), counts(9, female=3, male=6)),
                SignificanceTest("fisher_exact", NAN, None, 0.4566),
            ),
            BaselineVariable(
                "who_grade",
                "WHO grade",
                None,
                counts(35, G1=11, G2=14, G3=9),
                (counts(26, G1=11, G2=11, G3=4), counts(9, G1=0, G2=3, G3=5)),
                SignificanceTest("fisher_exact", NAN, None, 0.0123),
            ),
            BaselineVariable("tumor_volume_ml", "Tumor volume", "mL", volume, (volume, none), None),
        ),
        caveats=(Caveat("missing_values", "WHO grade is missing in 1 patient.", {}, "who_grade"),),
    )


def frequency() -> GeneFrequency:
    rows = []
    for rank, (gene, altered, tested, low, high) in enumerate(
        [
            ("MEN1", 11, 35, 0.169, 0.493),
            ("DAXX", 9, 35, 0.125, 0.433),
            ("TSC2", 6, 31, 0.075, 0.375),
        ]
    ):
        fraction = Estimate(
            altered / tested, Interval(low, high, 0.95, "clopper_pearson"), None, "probability"
        )
        count = GeneCount(gene, altered, tested, 35 - tested, 0)
        rows.append(GeneFrequencyRow(count, fraction, rank + 1, rank < 2))
    empty = Estimate(NAN, None, None, "probability")
    rows.append(GeneFrequencyRow(GeneCount("VHL", 0, 0, 33, 2), empty, 4, candidate=False))
    partial = Caveat("partial_panel", "TSC2: 4 patients were not tested.", {"n": 4}, "TSC2")
    return GeneFrequency(tuple(rows), 35, (partial,))


def oncoprint(n: int = 35, genes: int = 5, seed: int = 7) -> OncoPrint:
    rng = np.random.default_rng(seed)
    kinds = ["missense", "truncating", "splice", "inframe", "missense+truncating", "fusion"]
    kinds += ["homozygous_deletion", "amplification"]
    states = (rng.random((genes, n)) < np.linspace(0.35, 0.08, genes)[:, None]).astype(np.int8)
    states[-1, rng.random(n) < 0.2] = 2
    states[genes // 2, rng.random(n) < 0.06] = 3
    order = np.lexsort([-(states[row] == 1).astype(int) for row in reversed(range(genes))])
    states = states[:, order]
    classes = np.where(states == 1, rng.choice(kinds, size=states.shape), "")
    tested = (states < 2).sum(axis=1)
    names = ["MEN1", "DAXX", "TP53", "TSC2", "ATRX", *(f"GENE{k}" for k in range(genes))]
    grade = tuple(str(g) if g else None for g in rng.integers(0, 4, n).tolist())
    site = tuple(rng.choice(["pancreas", "small bowel", "lung", "gallbladder"], n).tolist())
    age = tuple(float(a) for a in rng.integers(30, 76, n))
    return OncoPrint(
        genes=tuple(names[:genes]),
        states=states,
        classes=classes,
        fractions=tuple(((states == 1).sum(axis=1) / np.maximum(tested, 1)).tolist()),
        n_tested=tuple(int(t) for t in tested),
        tracks=(
            Track("who_grade", "WHO grade", "category", grade, ("1", "2", "3")),
            Track("primary_site", "Primary site", "category", site),
            Track(
                "event",
                "Progression or death",
                "category",
                ("yes", "no") * (n // 2) + ("yes",) * (n % 2),
            ),
            Track("age_years", "Age", "number", age, (), "years"),
        ),
    )
