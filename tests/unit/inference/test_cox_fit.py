"""What a Cox fit says besides its numbers: statuses, caveats, refusals."""

from __future__ import annotations

import subprocess
import sys
from math import erfc, sqrt

import numpy as np
import pytest

from embogen import DataError, Design, Surv, Term, fit_cox
from embogen.inference.cox import univariable_cox


def gene(name: str) -> Term:
    return Term(name, level="altered", reference="wild type", coding="binary")


def cohort(n: int = 40, seed: int = 5):
    rng = np.random.default_rng(seed)
    event = (rng.random(n) < 0.8).astype(int)
    event[:4] = 1
    return rng, Surv(np.ceil(rng.exponential(200, n)), event)


def codes(fit) -> list[str]:
    return [caveat.code for caveat in fit.caveats]


def test_all_unusable_rows_are_named_at_once() -> None:
    surv = Surv([1, 2, 3], [1, 1, 1])
    with pytest.raises(DataError) as error:
        fit_cox(
            surv,
            Design.from_arrays([0, 1, 0], ["x"]),
            weights=[1, 0, -2],
            offset=[np.nan, 0, 0],
            strata=["a", None, "b"],
        )
    named = {(problem.column, problem.row) for problem in error.value.problems}
    assert named == {("weights", 2), ("weights", 3), ("offset", 1), ("strata", 2)}


def test_lengths_that_disagree_are_refused() -> None:
    with pytest.raises(DataError, match="has 2 rows where the outcome has 3"):
        fit_cox(Surv([1, 2, 3], [1, 1, 1]), Design.from_arrays([0, 1], ["x"]))


def test_a_misspelt_tie_method_is_refused() -> None:
    with pytest.raises(ValueError, match="exakt"):
        fit_cox(Surv([1, 2], [1, 1]), Design.from_arrays([0, 1], ["x"]), ties="exakt")


def test_several_causes_are_refused() -> None:
    surv = Surv([1, 2, 3], [1, 2, 0], causes=("progression", "death"))
    with pytest.raises(DataError, match="progression, death"):
        fit_cox(surv, Design.from_arrays([0, 1, 0], ["x"]))


def test_entry_that_only_rounding_separates_from_exit_is_left_out_and_counted() -> None:
    surv = Surv([1, 2, 3, 4], [1, 1, 1, 1], [0, 0, 3 - 1e-12, 0])
    fit = fit_cox(surv, Design.from_arrays([0, 1, 0, 1], ["x"]))
    assert (fit.n, fit.n_excluded) == (3, 1)
    assert "never_at_risk" in codes(fit)


def test_few_carriers_names_the_smaller_group() -> None:
    _, surv = cohort()
    x = np.ones(40)
    x[:3] = 0
    fit = fit_cox(surv, Design.from_arrays(x, [gene("TP53")]))
    few = next(caveat for caveat in fit.caveats if caveat.code == "few_carriers")
    assert "3 patients with wild type" in few.message
    assert few.subject == "TP53: altered vs wild type"
    assert fit.estimates[0].n_carriers == 37


def test_many_parameters_for_few_events_is_said() -> None:
    rng, surv = cohort()
    fit = fit_cox(surv, Design.from_arrays(rng.normal(size=(40, 5)), list("abcde")))
    few = next(c for c in fit.caveats if c.code == "few_events_per_parameter")
    assert few.evidence == {"events": fit.n_events, "parameters": 5}


def test_only_constant_columns_gives_no_tests() -> None:
    _, surv = cohort()
    fit = fit_cox(surv, Design.from_arrays(np.full(40, 3.0), ["x"]))
    assert fit.convergence.status == "aliased"
    assert (fit.lr_test, fit.wald_test, fit.score_test) == (None, None, None)
    assert codes(fit) == ["constant_term"]


def test_tests_of_a_term_given_the_others_are_those_of_nested_fits() -> None:
    rng, surv = cohort()
    columns = rng.normal(size=(40, 3))
    full = fit_cox(surv, Design.from_arrays(columns, ["a", "b", "c"]))
    nested = fit_cox(surv, Design.from_arrays(columns[:, [0, 2]], ["a", "c"]))
    from_nested = 2 * (full.loglik - nested.loglik)
    chi = full.estimates[1]
    assert chi.lr_p_value == pytest.approx(_p(from_nested), rel=1e-9)
    assert chi.score_p_value == pytest.approx(chi.hr.p_value, rel=0.2)  # same to first order
    single = fit_cox(surv, Design.from_arrays(columns[:, 0], ["a"]))
    assert single.estimates[0].score_p_value == pytest.approx(single.score_test.p_value, rel=1e-9)


def _p(statistic: float) -> float:
    return erfc(sqrt(statistic / 2))


def test_untested_patients_are_left_out_gene_by_gene() -> None:
    rng, surv = cohort()
    tested = rng.random(40) < 0.7
    first = Design.from_arrays((rng.random(40) < 0.4).astype(float), [gene("MEN1")])
    second = Design.from_arrays((rng.random(tested.sum()) < 0.4).astype(float), [gene("DAXX")])
    result = univariable_cox(surv, [(first, np.ones(40, bool)), (second, tested)])
    assert [fit.n for fit in result.fits] == [40, int(tested.sum())]
    assert [caveat.code for caveat in result.caveats] == ["multiple_testing"]
    alone = fit_cox(Surv(surv.time[tested], surv.event[tested]), second)
    assert result.fits[1].coef[0] == alone.coef[0]


def test_result_types_load_without_the_kernels() -> None:
    code = (
        "import sys, embogen, embogen.inference.cox, embogen.inference.result_rows;"
        "print([m for m in ('numba', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
