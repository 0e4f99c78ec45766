"""A plan that chooses how its permutation test is two-sided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri

from embogen import PlanError, StudyResults, read_study, run
from embogen.inference.permutation import permutation_test
from embogen.inference.winners_curse import shrink_significant
from embogen.report.methods import methods_paragraphs
from embogen.study.assemble import assemble
from embogen.study.design_power import gene_trial
from embogen.study.long_table import long_table
from embogen.study.selection import own_surv
from embogen.tables.of_analysis import tables_of

ALONE = """[[analysis]]
id = "{id}"
kind = "univariable_cox"
endpoint = "hpfs"
terms = ["gene:TSC2", "gene:TP53"]
{more}
"""
JOINT = """[[analysis]]
id = "joint"
kind = "cox"
endpoint = "hpfs"
terms = ["gene:TSC2", "extrahepatic"]
permutation_statistic = "studentised_doubled_tail"
permutations = 2000
"""
DOUBLED = 'permutation_statistic = "studentised_doubled_tail"'


def study_with(study: Path, *analyses: str) -> Path:
    file = study / "study.toml"
    before = file.read_text("utf-8").partition("[[analysis]]")[0]
    file.write_text(before + "\n".join(analyses), encoding="utf-8")
    return study


@pytest.fixture
def results(demo_study: Path) -> StudyResults:
    plan = (
        ALONE.format(id="doubled", more=DOUBLED + '\nmultiplicity = "holm"'),
        ALONE.format(id="usual", more=""),
        JOINT,
    )
    return run(read_study(study_with(demo_study, *plan)))


def test_the_p_value_is_twice_the_smaller_tail_of_the_same_statistic(
    results: StudyResults, demo_study: Path
) -> None:
    data = assemble(read_study(demo_study)).data
    surv = own_surv("hpfs", data, np.ones(35, dtype=bool))
    doubled, usual = (results.analysis(name).result.fits for name in ("doubled", "usual"))
    for one, other in zip(doubled, usual, strict=True):
        found, beside = one.estimates[0].tests.permutation, other.estimates[0].tests.permutation
        assert (found.statistic, found.method) == ("studentised_doubled_tail", "enumerated")
        assert found.observed == beside.observed
        assert found.p_value == pytest.approx(min(1.0, 2 * min(beside.p_lower, beside.p_upper)))
        assert found.p_value != beside.p_value
        carriers = data.gene_values(one.estimates[0].term.name)
        direct = permutation_test(surv, carriers, statistic="studentised_doubled_tail")
        assert one.estimates[0].primary_p == direct.p_value
        assert one.estimates[0].hr == other.estimates[0].hr
    adjusted = sorted(fit.estimates[0].tests.adjusted.p_value for fit in doubled)
    raw = sorted(fit.estimates[0].primary_p for fit in doubled)
    assert adjusted[0] == pytest.approx(min(1.0, 2 * raw[0]))
    joint = results.analysis("joint").result.estimates[0].tests.permutation
    assert joint.statistic == "studentised_doubled_tail"


def test_it_is_said_in_table_methods_and_long_table(results: StudyResults) -> None:
    analysis = results.analysis("doubled")
    notes = " ".join(tables_of(analysis, results)[0].footnotes)
    assert "Permutation test of the studentized score, two-sided as twice its smaller tail" in notes
    other = " ".join(tables_of(results.analysis("usual"), results)[0].footnotes)
    assert "smaller tail" not in other
    methods = " ".join(text for _, text in methods_paragraphs(results))
    assert "(two-sided as twice the smaller tail where the plan asks for it)" in methods
    methods_of = {r.method for r in long_table([analysis]) if r.statistic == "permuted_statistic"}
    assert methods_of == {"studentised_doubled_tail"}


def test_power_says_that_it_simulates_the_other_form(demo_study: Path) -> None:
    study = read_study(study_with(demo_study, ALONE.format(id="doubled", more=DOUBLED)))
    notes = gene_trial(study, "TP53", replicates=10).notes
    assert any("doubles its smaller tail" in note for note in notes)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('p_value = "wald"', "nothing is in this analysis"),
        ('multiplicity = "max_t"', "is not what max-T compares genes by"),
    ],
)
def test_a_choice_without_effect_or_against_max_t_is_refused(
    demo_study: Path, more: str, words: str
) -> None:
    plan = ALONE.format(id="doubled", more=f"{DOUBLED}\n{more}")
    with pytest.raises(PlanError) as caught:
        read_study(study_with(demo_study, plan))
    assert "analysis[1].permutation_statistic" in str(caught.value)
    assert words in str(caught.value)


def test_with_clusters_nothing_is_permuted_and_power_is_that_of_the_wald_test(
    demo_study: Path,
) -> None:
    plan = ALONE.format(id="clusters", more='cluster = "age"').replace("TSC2", "DAXX")
    study = read_study(study_with(demo_study, plan))
    shrunken = 0
    for fit in run(study).analysis("clusters").result.fits:
        (item,) = fit.estimates
        assert item.primary_method == "robust_t"
        assert item.tests.permutation is None
        assert item.primary_p == item.hr.p_value
        for caveat in fit.caveats:
            if caveat.code == "winners_curse":  # shrunken by the error that t allows for
                same_p = item.coef / abs(ndtri(item.primary_p / 2))
                by_hand = shrink_significant(item.coef, abs(same_p)).hr.value
                assert caveat.evidence["hr_shrunken"] == pytest.approx(by_hand)
                assert abs(same_p) > item.se
                shrunken += 1
    assert shrunken
    trial = gene_trial(study, "TP53", replicates=10)
    assert trial.trial.test == "wald"
    assert any("takes all patients as independent" in note for note in trial.notes)
