"""Which patients a gene is permuted among when the test is adjusted for covariates."""

from __future__ import annotations

import numpy as np
import pytest

from embogen.errors import DataError
from embogen.inference.adjusted_permutation import adjusted_permutation_test, alike
from embogen.inference.design import Design
from embogen.inference.permutation import permutation_test
from embogen.surv import Surv

RNG = np.random.default_rng(101)
N = 35
SURV = Surv(RNG.exponential(300.0, N), RNG.random(N) < 0.9)
GRADE = np.arange(N) % 2
CARRIERS = np.isin(np.arange(N), [0, 1, 5, 8, 20, 31]).astype(float)


def test_few_levels_make_groups_and_an_exact_test() -> None:
    design = Design.from_arrays(GRADE, ["grade"])
    test = adjusted_permutation_test(SURV, CARRIERS, design)
    assert test == permutation_test(SURV, CARRIERS, covariates=design, within=GRADE)
    assert test.caveats == ()


def test_a_continuous_covariate_leaves_residual_scores_and_their_caveat() -> None:
    design = Design.from_arrays(RNG.normal(size=N), ["age"])
    test = adjusted_permutation_test(SURV, CARRIERS, design)
    assert test == permutation_test(SURV, CARRIERS, covariates=design)
    assert [item.code for item in test.caveats] == ["approximate_permutation"]


def test_groups_without_carriers_leave_too_few_patients() -> None:
    grade = np.repeat([0, 1], [10, 25])
    carriers = np.isin(np.arange(N), [0, 3, 5]).astype(float)
    test = adjusted_permutation_test(SURV, carriers, Design.from_arrays(grade, ["grade"]))
    assert [item.code for item in test.caveats] == ["approximate_permutation"]


def test_strata_split_the_groups_further() -> None:
    site = (np.arange(N) // 4) % 2
    design = Design.from_arrays(GRADE, ["grade"])
    carriers = np.isin(np.arange(N), [0, 1, 4, 5, 8, 9, 12, 13]).astype(float)
    test = adjusted_permutation_test(SURV, carriers, design, strata=site)
    both = permutation_test(SURV, carriers, covariates=design, strata=site, within=GRADE)
    assert test == both
    assert test.n_strata == 4


def test_patients_alike_in_all_covariates_are_one_group() -> None:
    design = Design.from_arrays([[1, 0], [1, 1], [1, 0], [2, 0]], ["grade", "ehd"])
    assert alike(design).tolist() == [0, 1, 0, 2]


def test_bad_input_is_reported_as_in_the_plain_test() -> None:
    design = Design.from_arrays(GRADE, ["grade"])
    with pytest.raises(DataError, match="carriers: has 3 rows"):
        adjusted_permutation_test(SURV, [1, 0, 0], design)
    with pytest.raises(DataError, match="holds text"):
        adjusted_permutation_test(SURV, ["yes"] * N, design)
    with pytest.raises(DataError, match="Call permutation_test"):
        adjusted_permutation_test(SURV, CARRIERS, design, within=GRADE)
