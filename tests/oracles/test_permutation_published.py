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


# all 26 rows; rx == 2, and resid.ds == 1
WHOLE_TIME = [*TIME, 803, 855, 1040, 1106, 1129, 1206, 1227, 268, 329, 353, 365, 377]
WHOLE_STATUS = [*STATUS, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0]
WHOLE_ARM = [*ARM, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1]
NO_RESIDUE = [0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("column", "n_sets", "p_value"),
    [  # coin 1.4-2: logrank_test(Surv(futime, fustat) ~ x, distribution = "exact")
        (WHOLE_ARM, 10_400_600, 0.29740707266888444),
        (NO_RESIDUE, 7_726_160, 0.05160739617093095),
    ],
)
def test_the_whole_trial_agrees_with_coin(column: list[int], n_sets: int, p_value: float) -> None:
    test = permutation_test(Surv(WHOLE_TIME, WHOLE_STATUS), column, statistic="score")
    assert test.n_permutations == n_sets
    assert test.p_value == pytest.approx(p_value, rel=1e-13)


def test_the_squared_studentised_score_is_the_log_rank_chi_square() -> None:
    # R: survdiff(Surv(futime, fustat) ~ rx, ovarian)$chisq
    test = permutation_test(Surv(WHOLE_TIME, WHOLE_STATUS), WHOLE_ARM)
    assert test.observed**2 == pytest.approx(1.0627398612914, rel=1e-12)
