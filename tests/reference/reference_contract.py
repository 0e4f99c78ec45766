"""Blocks on what must be refused, or left out and counted."""

from __future__ import annotations

from typing import Any

import numpy as np
from reference_model import Case, Findings, Json, number

from embogen import DataError, Design, Surv, fit_cox
from embogen.inference.describe import Column, baseline_table


def excluded(case: Case, name: str, block: int, found: Findings) -> None:
    entry = case.column(case.spec["entry"])
    time, event = case.column(case.spec["time"]), case.column(case.spec["event"])
    _, kept, left_out = Surv.screened(time, event, entry)
    found.same(name, len(left_out), block)
    found.same(f"{name}: kept", len(kept), len(time) - block)
    found.true(f"{name}: each with its reason", all("entry" in row.reason for row in left_out))


def dropped(case: Case, name: str, block: Json, found: Findings) -> None:
    """Rows with a missing covariate are named by the design, all at once."""
    surv, kept = case.surv()
    rows: list[int] = []
    try:
        case.design(case.spec["covariates"], kept)
    except DataError as error:
        rows = sorted({problem.row for problem in error.problems if problem.row is not None})
    found.same(name, rows if isinstance(block, list) else len(rows), block)
    found.true(f"{name}: the outcome keeps all rows", surv.n == len(kept))


def contract(_: Case, name: str, block: list[dict[str, Any]], found: Findings) -> None:
    for i, item in enumerate(block):
        where = f"{name}[{i}] {item['must']}"
        if item["must"].startswith("drop"):
            time = [number(value) for value in item["time"]]
            surv, _kept, left_out = Surv.screened(time, item["status"])
            found.true(where, surv.n == 2 and [row.row for row in left_out] == [1])
            continue
        error = _refusal(item)
        found.true(where, error is not None)
        if error is None or ", row " not in item["must"]:
            continue
        row = int(item["must"].split(", row ")[1].split(" ")[0])
        found.true(f"{where}: names row {row}", [p.row for p in error.problems] == [row])


def _refusal(item: dict[str, Any]) -> DataError | None:
    try:
        if item.get("n") == 0:
            Surv([], [])
        elif "weights" in item:
            design = Design.from_arrays(np.array([0.0, 1.0, 0.5]), ["x"])
            fit_cox(Surv([1, 2, 3], [1, 1, 0]), design, weights=item["weights"])
        else:
            time = [float("inf") if value == "Inf" else value for value in item["time"]]
            Surv(time, item.get("status", [1] * len(time)), item.get("entry"))
    except DataError as error:
        return error
    return None


def wilcoxon(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    """A block of our own cases: rank test of a number between groups."""
    groups = [str(value) for value in case.data[block["group"]]]
    values = case.column(block["column"]).tolist()
    table = baseline_table([Column("x", "x", "number", values)], groups=groups)
    test = table.variables[0].test
    found.same(f"{name}.statistic", test.statistic, block["statistic"])
    found.same(f"{name}.p", test.p_value, block["p"])


def contingency(case: Case, name: str, block: dict[str, Any], found: Findings) -> None:
    """A block of our own cases: a categorical variable between groups."""
    groups = [str(value) for value in case.data[block["group"]]]
    values = [str(value) for value in case.data[block["column"]]]
    table = baseline_table([Column("x", "x", "category", values)], groups=groups)
    test = table.variables[0].test
    found.true(f"{name}: {block['method']}", test.method == block["method"])
    found.same(f"{name}.p", test.p_value, block["p"])
