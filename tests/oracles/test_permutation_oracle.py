"""`permutation_test` against brute force over all relabellings."""

from __future__ import annotations

import numpy as np
import pytest

from embogen.inference.permutation import permutation_test
from embogen.surv import Surv
from oracles.textbook_logrank import cox, logrank, outcome, relabellings

RULES = {"logrank": logrank, "efron": lambda data, x: cox(data, x, efron=True)}


def studentised(score: float, variance: float) -> float:
    return score / variance**0.5 if variance > 1e-12 else 0.0


@pytest.mark.parametrize("ties", ["logrank", "efron"])
@pytest.mark.parametrize("kind", [{"ties": True}, {"delayed": True, "strata": 2}])
@pytest.mark.parametrize("n_carriers", [3, 6])
def test_p_values_are_fractions_of_all_relabellings(
    ties: str, kind: dict[str, object], n_carriers: int
) -> None:
    rng = np.random.default_rng(31)
    data = outcome(8, rng, **kind)  # type: ignore[arg-type] # one test, several outcomes
    x = rng.permutation([1] * n_carriers + [0] * (8 - n_carriers)).tolist()
    entry = [max(e, 0.0) for e in data.entry] if kind.get("delayed") else None
    surv = Surv(data.time, data.event, entry)
    scores, ratios = [], []
    for labels in relabellings(x, data.stratum):
        score, variance = RULES[ties](data, labels)
        scores.append(score)
        ratios.append(studentised(score, variance))
    score, variance = RULES[ties](data, x)
    ratio = studentised(score, variance)
    u, z = np.array(scores), np.array(ratios)

    test = permutation_test(surv, x, ties=ties, strata=data.stratum)
    assert test.method == "enumerated"
    assert test.n_sets == test.n_permutations == len(z)
    assert test.observed == pytest.approx(ratio, abs=1e-12)
    assert test.p_value == np.mean(np.abs(z) >= abs(ratio) - 1e-8)
    assert test.p_upper == np.mean(z >= ratio - 1e-8)
    assert test.p_lower == np.mean(z <= ratio + 1e-8)

    half = permutation_test(surv, x, ties=ties, strata=data.stratum, mid_p=True)
    ties_with = np.mean(np.abs(np.abs(z) - abs(ratio)) < 1e-8)
    assert half.p_value == pytest.approx(test.p_value - ties_with / 2, abs=1e-15)

    plain = permutation_test(surv, x, ties=ties, strata=data.stratum, statistic="score")
    assert plain.p_value == np.mean(np.abs(u) >= abs(score) - 1e-8)
    doubled = permutation_test(surv, x, ties=ties, strata=data.stratum, statistic="doubled_tail")
    tails = np.mean(u >= score - 1e-8), np.mean(u <= score + 1e-8)
    assert doubled.p_value == min(1.0, 2 * min(tails))
    both = permutation_test(
        surv, x, ties=ties, strata=data.stratum, statistic="studentised_doubled_tail"
    )
    assert both.p_value == min(1.0, 2 * min(np.mean(z >= ratio - 1e-8), np.mean(z <= ratio + 1e-8)))


def test_permuting_within_groups_leaves_the_risk_sets_whole() -> None:
    rng = np.random.default_rng(32)
    data = outcome(9, rng, ties=True)
    groups = ["a", "a", "a", "a", "b", "b", "b", "b", "b"]
    x = [1, 0, 0, 1, 0, 1, 0, 0, 0]
    strata = [ord(g) for g in groups]
    z = [studentised(*logrank(data, labels)) for labels in relabellings(x, strata)]
    observed = studentised(*logrank(data, x))
    test = permutation_test(Surv(data.time, data.event), x, within=groups)
    assert test.n_sets == 6 * 5
    assert test.p_value == np.mean(np.abs(z) >= abs(observed) - 1e-8)
