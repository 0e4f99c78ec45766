"""Max-T against the textbook statistic under every relabelling of five patients."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from embogen.inference.max_t import max_t_test
from embogen.surv import Surv
from embogen.survival.max_t import relabelled_ratios
from embogen.survival.risk_sets import build
from oracles.textbook_logrank import Outcome, logrank, outcome


def textbook_ratio(data: Outcome, column: list[float]) -> float:
    rows = [i for i, value in enumerate(column) if not np.isnan(value)]
    part = Outcome(
        *(
            [values[i] for i in rows]
            for values in (data.time, data.event, data.entry, data.stratum, data.weight)
        )
    )
    score, variance = logrank(part, [int(column[i]) for i in rows])
    return score / variance**0.5 if variance > 1e-12 else 0.0


GENOTYPES = np.array(
    [[1, 1, 0, 1], [1, 0, np.nan, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, np.nan, 0, 0], [0, 0, 0, 0]]
)


@pytest.mark.parametrize("kind", [{}, {"ties": True}, {"ties": True, "delayed": True, "strata": 2}])
def test_each_relabelling_has_the_textbook_statistic_of_each_gene(kind: dict[str, object]) -> None:
    rng = np.random.default_rng(51)
    data = outcome(6, rng, **kind)  # type: ignore[arg-type] # one test, several outcomes
    sets = build(
        np.array(data.time),
        np.array(data.event, dtype=bool),
        entry=np.array(data.entry),
        strata=np.array(data.stratum),
    )
    walked = GENOTYPES[sets.order]
    sources = np.array([rng.permutation(6) for _ in range(20)])
    found = relabelled_ratios(
        sets, np.nan_to_num(walked), (~np.isnan(walked)).astype(float), sources
    )
    for source, ratios in zip(sources, found, strict=True):
        given = np.empty_like(GENOTYPES)
        given[sets.order] = walked[source]
        expected = [textbook_ratio(data, given[:, g].tolist()) for g in range(4)]
        np.testing.assert_allclose(ratios, expected, atol=1e-12)


def band(p: float) -> float:
    """Four standard errors of a share of 20,000 draws, and the one draw counted besides."""
    return float(4 * (p * (1 - p) / 20_000) ** 0.5 + 1 / 20_000)


def test_adjusted_p_values_tend_to_those_of_all_720_relabellings() -> None:
    data = Outcome([3, 5, 2, 8, 4, 6], [1, 1, 1, 0, 1, 1], [-1] * 6, [0] * 6, [1] * 6)
    everything = np.abs(
        [
            [textbook_ratio(data, GENOTYPES[list(p), g].tolist()) for g in range(4)]
            for p in permutations(range(6))
        ]
    )
    observed = np.abs([textbook_ratio(data, GENOTYPES[:, g].tolist()) for g in range(4)])
    order = np.argsort(-observed)
    step_down = np.empty(4)
    for k, g in enumerate(order):
        step_down[g] = np.mean(everything[:, order[k:]].max(axis=1) >= observed[g] - 1e-9)
    step_down[order] = np.maximum.accumulate(step_down[order])
    single = [np.mean(everything.max(axis=1) >= z - 1e-9) for z in observed]
    found = max_t_test(
        Surv(data.time, data.event),
        GENOTYPES,
        ["A", "B", "C", "D"],
        rng=np.random.default_rng(4),
        n_permutations=20_000,
    )
    for gene, down, one in zip(found.genes, step_down, single, strict=True):
        assert gene.p_step_down == pytest.approx(down, abs=band(down))
        assert gene.p_single_step == pytest.approx(one, abs=band(one))
