"""`permutation_test`: its methods agree, its draws can be gone on with, bad input is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embogen.errors import DataError, NotEstimable
from embogen.inference.design import Design
from embogen.inference.monte_carlo import BLOCK, block_generator, new_seed
from embogen.inference.permutation import permutation_is_primary, permutation_test
from embogen.inference.permutation_result import PermutationStatistic
from embogen.surv import Surv

RNG = np.random.default_rng(41)
N = 35
TIME = RNG.exponential(300.0, N).round() + 1
EVENT = (RNG.random(N) < 0.88).astype(int)
CARRIERS = np.isin(np.arange(N), RNG.choice(N, 6, replace=False)).astype(int)
GRADE = RNG.integers(1, 3, N)
SURV = Surv(TIME, EVENT)


def rng() -> np.random.Generator:
    return np.random.default_rng(2)


@pytest.mark.parametrize(
    "statistic",
    [
        "studentised_score",
        "studentised_doubled_tail",
        "likelihood_ratio",
        "doubled_tail",
    ],
)
def test_draws_agree_with_the_enumeration_within_their_own_interval(
    statistic: PermutationStatistic,
) -> None:
    exact = permutation_test(SURV, CARRIERS, statistic=statistic, max_enumerated=10**9)
    drawn = permutation_test(
        SURV, CARRIERS, statistic=statistic, method="monte_carlo", rng=rng(), level=0.999
    )
    assert exact.method == "enumerated"
    assert exact.n_permutations == exact.n_sets == 1_623_160
    assert drawn.p_interval is not None
    assert drawn.p_interval.low < exact.p_value < drawn.p_interval.high
    assert drawn.observed == exact.observed
    assert drawn.n_permutations < 1_000_000  # it stopped at 1,000 exceedances
    assert drawn.draws is not None
    assert drawn.draws.at_least == 1_000


def test_the_same_seed_gives_the_same_p_value_and_another_gives_another() -> None:
    first = permutation_test(SURV, CARRIERS, method="monte_carlo", rng=rng())
    assert first == permutation_test(SURV, CARRIERS, method="monte_carlo", rng=rng())
    other = permutation_test(SURV, CARRIERS, method="monte_carlo", rng=np.random.default_rng(3))
    assert other.n_permutations != first.n_permutations


@pytest.mark.parametrize("pieces", [(1, 5000), (BLOCK, 2 * BLOCK, 9000), (100, 101, 8000)])
def test_draws_gone_on_with_are_those_of_an_undisturbed_run(pieces: tuple[int, ...]) -> None:
    options: dict[str, Any] = {"method": "monte_carlo", "exceedances": 100_000}
    whole = permutation_test(SURV, CARRIERS, rng=rng(), max_draws=pieces[-1], **options)
    part = permutation_test(SURV, CARRIERS, rng=rng(), max_draws=pieces[0], **options)
    for draws in pieces[1:]:
        part = permutation_test(SURV, CARRIERS, resume=part.draws, max_draws=draws, **options)
    assert part == whole
    assert whole.n_permutations == pieces[-1]


def test_more_exceedances_can_be_asked_for_later() -> None:
    options: dict[str, Any] = {"method": "monte_carlo", "max_draws": 200_000}
    first = permutation_test(SURV, CARRIERS, rng=rng(), exceedances=50, **options)
    more = permutation_test(SURV, CARRIERS, resume=first.draws, exceedances=300, **options)
    assert more == permutation_test(SURV, CARRIERS, rng=rng(), exceedances=300, **options)


@pytest.mark.parametrize("entropy", [7, 2**70, [1, 2**40]])
def test_the_seed_recorded_is_the_seed_used(entropy: int | list[int]) -> None:
    seed = new_seed(np.random.default_rng(entropy))
    again = np.random.SeedSequence(entropy).spawn(1)[0].spawn(3)[2]
    assert block_generator(seed, 2).random() == np.random.default_rng(again).random()


def test_draws_of_other_data_are_refused() -> None:
    first = permutation_test(SURV, CARRIERS, method="monte_carlo", rng=rng(), max_draws=10)
    for changed in ({"strata": GRADE}, {"statistic": "score"}):
        with pytest.raises(DataError, match="made for other data"):
            permutation_test(
                SURV,
                CARRIERS,
                method="monte_carlo",
                resume=first.draws,
                **changed,  # type: ignore[arg-type] # options of one call
            )


def test_exchanging_carriers_and_others_turns_the_tails_only() -> None:
    few = permutation_test(SURV, CARRIERS)
    many = permutation_test(SURV, 1 - CARRIERS)
    assert many.p_value == few.p_value
    assert many.observed == pytest.approx(-few.observed, abs=1e-12)
    assert (many.p_lower, many.p_upper) == (few.p_upper, few.p_lower)
    assert many.n_carriers == 29


def test_a_column_without_carriers_has_p_one_and_says_why() -> None:
    test = permutation_test(SURV, np.zeros(N))
    assert test.p_value == 1.0
    assert test.n_sets == 1
    assert [item.code for item in test.caveats] == ["coarse_permutation"]


def test_no_events_is_said() -> None:
    test = permutation_test(Surv(TIME, np.zeros(N)), CARRIERS)
    assert test.p_value == 1.0
    assert [item.code for item in test.caveats] == ["no_events"]


def test_residual_scores_carry_their_caveat_and_exact_ones_do_not() -> None:
    grade = Design.from_arrays(GRADE, ["grade"])
    residual = permutation_test(SURV, CARRIERS, covariates=grade)
    exact = permutation_test(SURV, CARRIERS, covariates=grade, within=GRADE)
    assert [item.code for item in residual.caveats] == ["approximate_permutation"]
    assert exact.caveats == ()
    assert exact.observed == residual.observed
    assert exact.n_sets < residual.n_sets


def test_units_of_covariates_do_not_matter() -> None:
    values = RNG.normal(size=N)
    tests = [
        permutation_test(SURV, CARRIERS, covariates=Design.from_arrays(column, ["age"]))
        for column in (values, 1e9 + 1e3 * values, 1e-9 * values)
    ]
    for test in tests[1:]:
        assert test.observed == pytest.approx(tests[0].observed, rel=1e-8)


def test_never_at_risk_rows_are_counted() -> None:
    entry = np.zeros(N)
    entry[3] = TIME[3] - 1e-9 * TIME[3]
    test = permutation_test(Surv(TIME, EVENT, entry), CARRIERS)
    assert test.n == N - 1
    assert [item.code for item in test.caveats] == ["never_at_risk"]


def test_no_source_of_random_numbers_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(DataError, match=r"1.62e\+06 carrier sets .* Give rng="):
        permutation_test(SURV, CARRIERS, max_enumerated=1000)


def test_every_bad_row_is_named_at_once() -> None:
    bad = CARRIERS.astype(float)
    bad[4], bad[9] = np.nan, 2.0
    with pytest.raises(DataError) as caught:
        permutation_test(SURV, bad, strata=GRADE[:-1])
    text = str(caught.value)
    assert "carriers row 5: is missing" in text
    assert 'carriers row 10: "2" is neither 0 nor 1' in text
    assert "strata" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"statistic": "wald"}, "statistic='wald' is not one of studentised_score"),
        ({"method": "guess"}, "method='guess'"),
        ({"ties": "exact"}, "ties='exact'"),
        ({"level": 95}, "Write 0.95 for 95%"),
        ({"exceedances": 0}, "exceedances=0 is not positive"),
        ({"method": "enumerated", "max_enumerated": 10}, "too many to enumerate"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        permutation_test(SURV, CARRIERS, **options)


def test_constant_covariates_are_refused() -> None:
    constant = Design.from_arrays(np.ones(N), ["site"])
    with pytest.raises(NotEstimable, match="one is constant"):
        permutation_test(SURV, CARRIERS, covariates=constant)


def test_the_rule_for_the_primary_p_value() -> None:
    assert permutation_is_primary(19, 500)
    assert permutation_is_primary(500, 19)
    assert not permutation_is_primary(20, 20)


@pytest.mark.parametrize(
    "statistic", ["studentised_score", "studentised_doubled_tail", "score", "doubled_tail"]
)
@pytest.mark.parametrize("carriers", [CARRIERS, 1 - CARRIERS])
def test_the_saddlepoint_is_near_the_enumeration_and_says_what_it_is(
    statistic: PermutationStatistic, carriers: np.ndarray
) -> None:
    exact = permutation_test(SURV, carriers, statistic=statistic)
    near = permutation_test(SURV, carriers, statistic=statistic, method="saddlepoint")
    assert near.p_value == pytest.approx(exact.p_value, rel=0.1)
    assert near.p_upper == pytest.approx(exact.p_upper, rel=0.1)
    assert near.p_lower == pytest.approx(exact.p_lower, rel=0.1)
    assert near.n_permutations == 0
    assert [item.code for item in near.caveats] == ["saddlepoint"]


@pytest.mark.parametrize("options", [{"statistic": "likelihood_ratio"}, {"mid_p": True}])
def test_what_the_saddlepoint_cannot_do_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(DataError, match='Use method="monte_carlo"'):
        permutation_test(SURV, CARRIERS, method="saddlepoint", **options)
