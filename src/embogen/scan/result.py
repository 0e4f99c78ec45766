"""`ScanResult`: a row for each feature, and how the p-values lie as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from scipy.special import ndtri
from scipy.stats import chi2

from embogen.caveats import Caveat
from embogen.inference.multiplicity import adjust_p_values
from embogen.scan.rows import METHOD, STATUS
from embogen.survival.risk_sets import merge_near_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embogen.scan.family import FamilyTest
    from embogen.scan.problem import ScanProblem

    Floats = NDArray[np.float64]

LEVEL: Final = 0.95
MEDIAN: Final = float(chi2.ppf(0.5, 1))
CARRIERS: Final = (3, 20, 100, 1000)
"""Lower bounds of the groups of carriers in which inflation is looked at."""
FEWEST: Final = 20
"""P-values from which on their median says something."""
ROUGH: Final = 1.1
"""Inflation above this, or below its inverse, is told."""
SURE: Final = 3.0
"""But only when it is so many standard errors from 1."""


@dataclass(frozen=True, slots=True)
class Inflation:
    """How the p-values of some features lie against the even spread of no effect.

    Parameters
    ----------
    label
        Which features: ``all``, or their numbers of carriers.
    n
        How many have a p-value.
    value
        Median of the p-values as chi-square, over the median of chi-square (genomic control's
        lambda; Devlin and Roeder, Biometrics 1999;55:997); None with too few.
    se
        Its standard error if p-values are independent.
    """

    label: str
    n: int
    value: float | None
    se: float | None


@dataclass(frozen=True, slots=True, eq=False)
class EndpointScan:
    """The scan of one endpoint.

    Parameters
    ----------
    name
        Of the endpoint.
    n, n_events
        Patients, and those with the event.
    covariates
        What every feature is adjusted for.
    stratified
        Whether risk sets are within strata.
    table
        One row for each feature, in the order of the source: counts, ``z`` and ``p_score``, the
        p-value and how it came about, its adjustment for the family, hazard ratio with interval,
        Wald and likelihood-ratio p-values, Firth's estimate where it was asked for.
    family_size
        Features tested: what p-values are adjusted for.
    n_permutations
        Relabellings behind the max-T p-values; 0 where there are none.
    inflation
        Over all features and by number of carriers.
    caveats
        What must be read with the table.
    """

    name: str
    n: int
    n_events: int
    covariates: tuple[str, ...]
    stratified: bool
    table: pl.DataFrame
    family_size: int
    n_permutations: int
    inflation: tuple[Inflation, ...]
    caveats: tuple[Caveat, ...]

    def top(self, count: int = 20) -> pl.DataFrame:
        """Give the rows of the smallest p-values; equal ones by feature."""
        tested = self.table.filter(pl.col("p_value").is_not_null())
        return tested.sort("p_value", "feature").head(count)


@dataclass(frozen=True, slots=True, eq=False)
class ScanResult:
    """Scans of one or more endpoints over the same features."""

    endpoints: tuple[EndpointScan, ...]

    def table(self) -> pl.DataFrame:
        """All rows, endpoint after endpoint."""
        return pl.concat(
            one.table.with_columns(pl.lit(one.name).alias("endpoint")).select(
                "endpoint", pl.exclude("endpoint")
            )
            for one in self.endpoints
        )


def endpoint_scan(
    problem: ScanProblem,
    names: tuple[str, ...],
    rows: dict[str, NDArray[Any]],
    family: FamilyTest | None = None,
) -> EndpointScan:
    """Put the rows of all blocks together; adjust p-values and look at their spread."""
    p = rows["p_value"]
    inflation = _inflations(p, rows["n_carriers"], rows["n_tested"])
    return EndpointScan(
        name=problem.name,
        n=problem.surv.n,
        n_events=int((problem.surv.event == 1).sum()),
        covariates=() if problem.covariates is None else problem.covariates.names,
        stratified=problem.strata is not None,
        table=_table(names, rows, family),
        family_size=int(np.isfinite(p).sum()),
        n_permutations=0 if family is None else family.n_permutations,
        inflation=inflation,
        caveats=(
            *_never_at_risk(problem),
            *_caveats(rows, inflation),
            *(() if family is None else family.caveats),
        ),
    )


def _table(
    names: tuple[str, ...], rows: dict[str, NDArray[Any]], family: FamilyTest | None
) -> pl.DataFrame:
    status = pl.Series("status", np.array(STATUS)[rows["status"]], dtype=pl.String)
    method = pl.Series("p_method", np.array(METHOD)[rows["p_method"]], dtype=pl.String)
    width = float(ndtri(0.5 + LEVEL / 2.0)) * rows["se"]
    with np.errstate(over="ignore"):
        ratios = [np.exp(rows["coef"]), np.exp(rows["coef"] - width), np.exp(rows["coef"] + width)]
        firth = np.exp(rows["firth_coef"])
    adjusted = [adjust_p_values(rows["p_value"], how).adjusted for how in ("holm", "BH")]
    columns: dict[str, Any] = {"feature": list(names)}
    columns |= {name: rows[name] for name in ("n_tested", "n_events", "n_carriers")}
    columns |= {"n_carrier_events": rows["n_carrier_events"], "status": status}
    columns |= {"z": rows["z"], "p_score": rows["p_score"], "p_value": rows["p_value"]}
    columns |= {"p_method": method, "p_holm": adjusted[0], "q_value": adjusted[1]}
    nobody = np.full(len(names), np.nan)
    columns["p_max_t"] = nobody if family is None else family.p_step_down
    columns |= dict(zip(("hr", "ci_low", "ci_high"), ratios, strict=True))
    columns |= {name: rows[name] for name in ("coef", "se", "p_wald", "p_lrt")}
    columns |= {"firth_hr": firth, "firth_coef": rows["firth_coef"]}
    columns |= {"firth_se": rows["firth_se"], "p_firth": rows["p_firth"]}
    return pl.DataFrame(columns).with_columns(pl.selectors.float().fill_nan(None))


def _inflations(p: Floats, carriers: NDArray[Any], tested: NDArray[Any]) -> tuple[Inflation, ...]:
    smaller = np.minimum(carriers, tested - carriers)
    out = [_inflation("all", p)]
    for low, high in zip(CARRIERS, (*CARRIERS[1:], None), strict=True):
        inside = (smaller >= low) if high is None else (smaller >= low) & (smaller < high)
        label = f"{low} or more" if high is None else f"{low} to {high - 1}"
        out.append(_inflation(label, p[inside]))
    return tuple(out)


def _inflation(label: str, p: Floats) -> Inflation:
    real = p[np.isfinite(p)]
    if len(real) < FEWEST:
        return Inflation(label, len(real), None, None)
    value = float(chi2.isf(np.median(real), 1)) / MEDIAN
    # the standard error of a median is 1 / (2 f sqrt(n)), f the density there
    se = 1.0 / (2.0 * float(chi2.pdf(MEDIAN, 1)) * np.sqrt(len(real))) / MEDIAN
    return Inflation(label, len(real), value, float(se))


def _never_at_risk(problem: ScanProblem) -> tuple[Caveat, ...]:
    """Count the patients who enter at their exit, once near-equal times are one time."""
    time, entry = merge_near_times(problem.surv.time, problem.surv.entry)
    lost = 0 if entry is None else int((entry >= time).sum())
    if not lost:
        return ()
    who = "patient enters" if lost == 1 else "patients enter"
    message = f"{lost} {who} at or after the exit, and were never at risk: no feature counts them."
    return (Caveat("never_at_risk", message, {"n": lost}),)


def _caveats(rows: dict[str, NDArray[Any]], inflation: tuple[Inflation, ...]) -> tuple[Caveat, ...]:
    out = []
    for one in inflation:
        if one.value is None or one.se is None:
            continue
        far = abs(one.value - 1.0) > SURE * one.se
        if far and not 1.0 / ROUGH <= one.value <= ROUGH:
            which = "all features" if one.label == "all" else f"features with {one.label} carriers"
            message = (
                f"The p-values of {one.n} {which} do not lie as they would without effects "
                f"(lambda {one.value:.2f}): many true effects, a confounder that is not in the "
                "model, or a test that does not hold its level."
            )
            evidence = {"lambda": one.value, "features": one.n}
            out.append(Caveat("scan_inflation", message, evidence))
    failed = int(np.isin(rows["status"], [STATUS.index("no_null_model")]).sum())
    if failed:
        message = (
            f"{failed} features could not be tested: among the patients tested for them the "
            "covariates alone have no finite fit."
        )
        out.append(Caveat("scan_no_null_model", message, {"features": failed}))
    return tuple(out)
