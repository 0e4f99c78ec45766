"""Which p-value comes first, and that it is the one a direct call gives."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from embogen.inference.cox import fit_cox, univariable_cox
from embogen.inference.design import Design, Term
from embogen.inference.gene_family import with_adjusted_p_values
from embogen.inference.p_values import with_p_values
from embogen.inference.permutation import permutation_test
from embogen.inference.result_rows import result_rows
from embogen.surv import Surv

GENE = Term("DAXX", "altered", "wild type", "binary")
OTHER = Term("MEN1", "altered", "wild type", "binary")


def generator(_term: Term) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([1, 2, 3]))


def cohort(n: int = 30, carriers: int = 6, seed: int = 5) -> tuple[Surv, np.ndarray]:
    rng = np.random.default_rng(seed)
    gene = np.zeros(n)
    gene[:carriers] = 1
    time = np.ceil(100 * rng.exponential(np.exp(-0.8 * gene)))
    return Surv(time, rng.random(n) < 0.85), gene


def one(surv: Surv, columns, terms, *, strata=None, choice="auto", max_draws=100_000):
    design = Design.from_arrays(columns, terms)
    fit = fit_cox(surv, design, strata=strata)
    return with_p_values(
        fit,
        surv,
        design,
        choice=choice,
        strata=strata,
        generator=generator,
        max_draws=max_draws,
    )


def test_few_carriers_are_permuted_and_the_p_value_is_that_of_a_direct_call():
    surv, gene = cohort()
    item = one(surv, gene, [GENE]).estimates[0]
    assert item.primary_method == "permutation"
    assert item.primary_p == permutation_test(surv, gene).p_value
    assert item.hr.p_method == "wald"
    assert item.p_of("wald") == item.hr.p_value != item.primary_p


def test_firth_stands_beside_an_exact_p_value():
    surv, gene = cohort()
    item = one(surv, gene, [GENE]).estimates[0]
    direct = fit_cox(surv, Design.from_arrays(gene, [GENE]), penalty="firth").estimates[0]
    assert item.tests.firth == direct.hr
    assert item.p_of("penalised_likelihood_ratio") == direct.hr.p_value


def test_twenty_in_the_smaller_group_are_not_permuted():
    surv, gene = cohort(n=60, carriers=20)
    item = one(surv, gene, [GENE]).estimates[0]
    assert item.primary_method == "wald"
    assert item.tests.permutation is None
    surv, gene = cohort(n=60, carriers=19)
    assert one(surv, gene, [GENE]).estimates[0].primary_method == "permutation"


@pytest.mark.parametrize("choice", ["wald", "likelihood_ratio", "score"])
def test_a_plan_may_choose_another_test(choice):
    surv, gene = cohort()
    item = one(surv, gene, [GENE], choice=choice).estimates[0]
    assert item.primary_method == choice
    assert item.tests.permutation is None
    assert item.primary_p == item.p_of(choice)


def test_a_number_is_never_permuted_and_a_plan_that_asks_is_told():
    surv, _ = cohort()
    age = np.linspace(40, 70, 30)
    assert one(surv, age, [Term("age")]).estimates[0].primary_method == "wald"
    fit = one(surv, age, [Term("age")], choice="permutation")
    assert fit.estimates[0].primary_method == "wald"
    assert [item.subject for item in fit.caveats if item.code == "no_permutation"] == ["age"]


def test_a_flag_is_permuted_only_when_asked():
    surv, gene = cohort()
    flag = Term("extrahepatic", "yes", "no", "binary")
    assert one(surv, gene, [flag]).estimates[0].primary_method == "wald"
    found = one(surv, gene, [flag], choice="permutation").estimates[0]
    assert found.primary_p == permutation_test(surv, gene).p_value


def test_separated_carriers_get_a_finite_p_value_by_permutation():
    surv = Surv([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1] * 10)
    item = one(surv, [1, 1, 1, 0, 0, 0, 0, 0, 0, 0], [GENE]).estimates[0]
    assert item.status == "infinite"
    assert item.primary_method == "permutation"
    assert item.primary_p == pytest.approx(1 / 120)
    assert np.isfinite(item.tests.firth.value)


def test_without_carriers_nothing_is_tested():
    surv, gene = cohort()
    item = one(surv, np.zeros_like(gene), [GENE]).estimates[0]
    assert item.status == "not_estimable"
    assert item.primary_p is None


def test_strata_of_the_analysis_are_those_of_the_permutation():
    surv, gene = cohort()
    site = np.where(np.arange(30) % 2, "pancreas", "other")
    item = one(surv, gene, [GENE], strata=site).estimates[0]
    assert item.primary_p == permutation_test(surv, gene, strata=site).p_value
    assert item.tests.permutation.n_strata == 2


def test_strata_without_both_kinds_of_patient_are_counted():
    surv, gene = cohort()
    site = np.where(np.arange(30) < 20, "pancreas", "other")
    fit = one(surv, gene, [GENE], strata=site)
    found = next(item for item in fit.caveats if item.code == "uninformative_strata")
    assert found.evidence == {"patients": 30, "informative": 20}


def test_adjusted_for_few_levels_carriers_are_permuted_within_them():
    surv, gene = cohort()
    grade = np.arange(30) % 3
    columns = np.column_stack([gene, grade])
    item = one(surv, columns, [GENE, Term("grade", coding="trend")]).estimates[0]
    covariates = Design.from_arrays(grade, ["grade"])
    direct = permutation_test(surv, gene, within=grade, covariates=covariates)
    assert item.primary_p == pytest.approx(direct.p_value, rel=1e-12)
    assert item.tests.permuted_within == ("grade",)


def test_adjusted_for_a_number_carriers_are_permuted_over_all_and_this_is_said():
    surv, gene = cohort()
    volume = np.random.default_rng(3).random(30)
    columns = np.column_stack([gene, volume])
    fit = one(surv, columns, [GENE, Term("volume")])
    item = fit.estimates[0]
    direct = permutation_test(surv, gene, covariates=Design.from_arrays(volume, ["volume"]))
    assert item.primary_p == pytest.approx(direct.p_value, rel=1e-12)
    assert item.tests.permuted_within == ()
    assert item.tests.adjusted_for == ("volume",)
    assert "approximate_permutation" in {caveat.code for caveat in fit.caveats}
    assert fit.estimates[1].primary_method == "wald"


def test_covariates_without_estimates_leave_the_models_p_value():
    """The last patients all have one level and no event: that covariate alone is separated."""
    surv = Surv(np.arange(1, 21), [1] * 12 + [0] * 8)
    last = np.r_[np.zeros(12), np.ones(8)]
    gene = np.r_[np.ones(3), np.zeros(17)]
    gene[[5, 9]] = 1
    volume = np.random.default_rng(8).random(20)
    terms = [GENE, Term("last", "yes", "no", "binary"), Term("volume")]
    fit = one(surv, np.column_stack([gene, last, volume]), terms)
    assert fit.estimates[0].primary_method != "permutation"
    assert "no_permutation" in {caveat.code for caveat in fit.caveats}


def test_drawn_p_values_do_not_depend_on_the_order_of_rows():
    surv, gene = cohort(n=60, carriers=15)
    volume = np.random.default_rng(3).integers(0, 500, 60).astype(float)
    columns = np.column_stack([gene, volume])
    terms = [GENE, Term("volume")]
    first = one(surv, columns, terms, max_draws=3_000).estimates[0]
    assert first.tests.permutation.method == "monte_carlo"
    assert first.tests.permutation.draws.seed.entropy == (1, 2, 3)
    order = np.random.default_rng(9).permutation(60)
    moved = Surv(surv.time[order], surv.event[order])
    again = one(moved, columns[order], terms, max_draws=3_000).estimates[0]
    assert again.primary_p == first.primary_p


def family(how: str, order=None):
    surv, gene = cohort()
    rng = np.random.default_rng(11)
    second = (rng.random(30) < 0.3).astype(float)
    genes = np.column_stack([gene, second])
    if order is not None:
        surv, genes = Surv(surv.time[order], surv.event[order]), genes[order]
    rows = np.ones(30, dtype=bool)
    designs = [
        (Design.from_arrays(genes[:, j], [term]), rows) for j, term in enumerate((GENE, OTHER))
    ]
    result = univariable_cox(surv, designs)
    fits = tuple(
        with_p_values(fit, surv, design, generator=generator)
        for fit, (design, _) in zip(result.fits, designs, strict=True)
    )
    result = dataclasses.replace(result, fits=fits)
    return with_adjusted_p_values(
        result, how, surv=surv, genotypes=genes, rng=np.random.default_rng(4)
    )


def test_holm_adjusts_the_p_values_that_come_first():
    items = [fit.estimates[0] for fit in family("holm").fits]
    small, large = sorted(item.primary_p for item in items)
    adjusted = sorted(item.tests.adjusted.p_value for item in items)
    assert adjusted == pytest.approx(sorted([min(1, 2 * small), max(2 * small, large)]))
    assert {item.tests.adjusted.family_size for item in items} == {2}


def test_adjusting_changes_what_is_said():
    assert [item.code for item in family("none").caveats] == ["multiple_testing"]
    assert [item.code for item in family("bh").caveats] == ["adjusted_family"]
    assert "false discovery rate" in family("bh").caveats[0].message


def test_max_t_is_never_below_the_own_p_value_and_knows_no_row_order():
    first = [fit.estimates[0] for fit in family("max_t").fits]
    order = np.random.default_rng(10).permutation(30)
    again = [fit.estimates[0] for fit in family("max_t", order).fits]
    for one_item, other in zip(first, again, strict=True):
        assert one_item.tests.adjusted == other.tests.adjusted
        low = one_item.tests.adjusted.interval.high
        assert low >= one_item.primary_p
        assert one_item.tests.adjusted.n_permutations == 10_000


def test_max_t_needs_the_patients():
    result = family("none")
    with pytest.raises(ValueError, match="needs outcomes"):
        with_adjusted_p_values(result, "max_t")


def test_rows_name_every_method_once_and_the_one_that_comes_first():
    found = result_rows(family("holm"), analysis="a", endpoint="e")
    rows = [row for row in found if row.term == "DAXX"]
    methods = [row.method for row in rows if row.statistic == "p_value"]
    assert methods == ["wald", "permutation", "penalised_likelihood_ratio"]
    primary = [row for row in rows if row.statistic == "p_primary"]
    assert [row.method for row in primary] == ["permutation"]
    assert primary[0].value == next(
        row.value for row in rows if (row.statistic, row.method) == ("p_value", "permutation")
    )
    assert [row.method for row in rows if row.statistic == "p_adjusted"] == ["holm"]
