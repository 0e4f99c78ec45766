"""Exact permutation figures computed by R for data anybody has."""

from __future__ import annotations

import pytest

from embogen.inference.permutation import permutation_test
from embogen.surv import Surv

# survival::ovarian, rows 1 to 14: futime, fustat, rx == 2
TIME = [59, 115, 156, 421, 431, 448, 464, 475, 477, 563, 638, 744, 769, 770]
STATUS = [1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0]
ARM = [0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1]


def test_all_3432_assignments_of_the_ovarian_trial() -> None:
    # R 4.2.2: all subsets by combn(), log-rank scores of each
    surv = Surv(TIME, STATUS)
    test = permutation_test(surv, ARM, statistic="score")
    assert test.n_permutations == 3432
    assert test.observed == pytest.approx(-2.2360805860805866, rel=1e-14)
    assert test.p_value == pytest.approx(0.10431235431235432, rel=1e-15)
    assert test.p_upper == pytest.approx(0.94930069930069927, rel=1e-15)
    assert test.p_lower == pytest.approx(0.052156177156177159, rel=1e-15)
    half = permutation_test(surv, ARM, statistic="score", mid_p=True)
    assert half.p_value == pytest.approx(0.10285547785547786, rel=1e-14)
