"""A small scan, its rows written by hand, for tests of its table, figures and page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embogen.caveats import Caveat
from embogen.genomics.feature_blocks import BlockSource, FeatureBlock
from embogen.report.scan_account import ScanAccount
from embogen.scan.engine import ScanTask
from embogen.scan.family import FamilyTest
from embogen.scan.problem import ScanOptions, ScanProblem
from embogen.scan.result import ScanResult, endpoint_scan
from embogen.scan.rows import METHOD, STATUS, empty_rows
from embogen.study.parse import Study
from embogen.study.plan import StudyPlan
from embogen.study.provenance import InputFile, Provenance
from embogen.study.scanning import PreparedScan
from embogen.surv import Surv
from example_results import HOSTILE, flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from embogen.scan.result import EndpointScan

N = 100
LONG = "L" * 200
SYNTHETIC = "SYNTHETIC cohort of a test."
FIRTH = {"os": {"ATRX": (0.02, 0.93)}}
# feature, carriers, events among them, p, method, status, log hazard ratio, its SE, Firth's
ROWS: tuple[tuple[Any, ...], ...] = (
    ("DAXX", 24, 20, 1e-8, "linear_saddlepoint", "ok", 1.2, 0.2, None),
    ("MEN1", 8, 6, 0.004, "drawn", "ok", 0.7, 0.3, None),
    (HOSTILE, 5, 5, 0.03, "saddlepoint", "infinite", np.inf, np.nan, 2.0),
    ("ATRX", 4, 0, 0.02, "enumerated", "no_event", -np.inf, np.nan, -1.4),
    ("=1+2", 3, 2, 0.4, "enumerated", "ok", 0.3, 0.7, 0.25),
    (LONG, 90, 50, 0.5, "score", "ok", -0.1, 0.2, None),
    ("group", 40, 25, 0.9, "linear_saddlepoint", "not_asked", np.nan, np.nan, None),
    ("RARE", 1, 1, np.nan, "none", "too_few_carriers", np.nan, np.nan, None),
    ("ONE", 30, 20, 0.95, "linear_saddlepoint", "aliased", np.nan, np.nan, None),
)


def problem(name: str = "os") -> ScanProblem:
    event = np.arange(N) % 5 != 0
    surv = Surv(np.arange(1, N + 1) * 10, event.astype(int), entry=np.zeros(N))
    options = ScanOptions(seed=7)
    return ScanProblem(name, surv, np.arange(N), strata=np.arange(N) % 2, options=options)


def endpoint(
    rows: Sequence[tuple[Any, ...]] = ROWS, name: str = "os", relabelings: int = 0
) -> EndpointScan:
    """Put rows into the table of an endpoint as a scan does; max-T p-values are twice the p."""
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) or [()] * 9
    out = empty_rows(len(rows))
    out["n_tested"][:] = N
    out["n_events"][:] = 80
    out["n_carriers"][:] = columns[1]
    out["n_carrier_events"][:] = columns[2]
    out["p_value"][:] = columns[3]
    out["p_score"][:] = columns[3]
    out["p_method"][:] = [METHOD.index(one) for one in columns[4]]
    out["status"][:] = [STATUS.index(one) for one in columns[5]]
    out["coef"][:], out["se"][:] = columns[6], columns[7]
    firth = [np.nan if one is None else one for one in columns[8]]
    out["firth_coef"][:], out["firth_se"][:] = firth, np.abs(firth) / 2.0
    family = None
    if relabelings:
        family = FamilyTest(np.minimum(2 * out["p_value"], 1.0), relabelings, 8, ())
    return endpoint_scan(problem(name), tuple(columns[0]), out, family)


def even(size: int) -> tuple[tuple[Any, ...], ...]:
    """Rows whose p-values lie exactly as they would without effects."""
    return tuple(
        (f"G{i}", 20 + i % 60, 10, (i + 0.5) / size, "linear_saddlepoint", "ok", 0.1, 0.2, None)
        for i in range(size)
    )


def study(synthetic: str | None = SYNTHETIC) -> Study:
    raw = {
        "schema": 1,
        "study": {"id": "s", "title": f"Study {HOSTILE}", "seed": 5, "synthetic": synthetic},
        "data": {"patients": {"file": "p.csv"}, "alterations": {"file": "a.parquet"}},
        "endpoint": {"os": {"label": "Overall survival", "time": "days", "event": "dead"}},
        "covariate": {"age": {"column": "age", "label": "Age"}, "site": {"column": "site"}},
        "scan": [{"id": "genes", "endpoints": ["os"], "covariates": ["age"], "strata": ["site"]}],
    }
    return Study(StudyPlan.model_validate(raw), raw, Path(), "study.toml")


def prepared(
    names: Sequence[str] = ("os",), rows: Sequence[tuple[Any, ...]] = ROWS
) -> PreparedScan:
    counts = [row[1] for row in rows]
    carriers = np.concatenate([np.empty(0, int), *(np.arange(k) for k in counts)])
    block = FeatureBlock.of_carriers([row[0] for row in rows], counts, carriers.astype(np.int32))
    source = BlockSource(tuple(f"P{i}" for i in range(N)), block)
    return PreparedScan(
        spec=study().plan.scan[0],
        task=ScanTask(tuple(problem(name) for name in names), source),
        labels=dict.fromkeys(names, "Overall survival"),
        feature_labels={"group": "Chromatin <genes>"},
        excluded={"os": ("2 patients: age unknown",)},
        flow=flow(),
        caveats=(Caveat("missing_values", f"age has missing values {HOSTILE}"),),
    )


def result(*endpoints: EndpointScan) -> ScanResult:
    return ScanResult(endpoints or (endpoint(),))


def account(
    synthetic: str | None = SYNTHETIC,
    firth: dict[str, dict[str, tuple[float, float]]] | None = None,
    calibration: dict[str, pl.DataFrame] | None = None,
) -> ScanAccount:
    provenance = Provenance(
        plan_hash="a" * 64,
        inputs=(InputFile("a.parquet", 12, "b" * 64),),
        versions={"embogen": "0.1.0", "python": "3.12.1"},
        platform="Linux x86_64",
        seed=5,
        started="2026-01-01T00:00:00+00:00",
        timings={"scan": 1.5},
    )
    return ScanAccount(study(synthetic), provenance, firth or {}, calibration or {})
