"""The example studies on real cohorts, against results known from other software."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from embogen import StudyResults, read_study, run
from embogen.inference.cox import TermEstimate
from embogen.report.results_directory import read_results, write_results_directory
from embogen.study.long_table import long_table

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def study_of(data_dir: Path, tmp_path: Path):
    """Lay an example study beside a cohort's files; returns a function of (cohort, file, edits)."""

    def lay(
        cohort: str,
        file: str = "study.toml",
        data_edits: tuple[tuple[str, str, str], ...] = (),
        **edits: str,
    ) -> StudyResults:
        if not (data_dir / cohort).is_dir():
            pytest.skip(f"EMBOGEN_DATA holds no {cohort}: the cohort is not committed")
        folder = tmp_path / cohort
        folder.mkdir(exist_ok=True)
        for path in (data_dir / cohort).iterdir():
            shutil.copyfile(path, folder / path.name)
        for name, old, new in data_edits:
            content = (folder / name).read_text(encoding="utf-8")
            assert old in content
            (folder / name).write_text(content.replace(old, new), encoding="utf-8")
        text = (EXAMPLES / cohort / file).read_text(encoding="utf-8")
        for old, new in edits.items():
            assert old in text
            text = text.replace(old, new)
        (folder / file).write_text(text, encoding="utf-8")
        return run(read_study(folder / file))

    return lay


def term(results: StudyResults, analysis: str, name: str) -> TermEstimate:
    result = results.analysis(analysis).result
    fits = getattr(result, "fits", [result])
    return next(item for fit in fits for item in fit.estimates if item.term.name == name)


def check(estimate: TermEstimate, hr: str, low: str | None, high: str | None, p: float | None):
    """Compare with figures printed to the digits of the strings."""

    def same(value: float, printed: str) -> None:
        decimals = len(printed.split(".")[1])
        assert f"{value:.{decimals}f}" == printed

    same(estimate.hr.value, hr)
    assert estimate.hr.interval is not None
    if low is not None and high is not None:
        same(estimate.hr.interval.low, low)
        same(estimate.hr.interval.high, high)
    if p is not None:
        assert estimate.hr.p_value == pytest.approx(p, rel=0.05)


def test_laml_reproduces_the_known_hazard_ratios(study_of):
    """The known figures count patients absent from the MAF as wild type."""
    results = study_of(
        "tcga_laml", **{'without_calls = "not_tested"': 'without_calls = "wild_type"'}
    )
    fits = results.analysis("univariable").result.fits
    assert {fit.n for fit in fits} == {175}
    check(term(results, "univariable", "TP53"), "3.61", "1.95", "6.69", 4.7e-5)
    check(term(results, "univariable", "DNMT3A"), "2.16", "1.42", "3.27", 3.2e-4)
    check(term(results, "univariable", "RUNX1"), "1.96", "1.07", "3.58", 0.030)
    check(term(results, "univariable", "FLT3"), "1.34", None, None, 0.19)
    check(term(results, "univariable", "NPM1"), "1.14", None, None, 0.60)
    assert term(results, "univariable", "TP53").n_carriers == 12
    assert term(results, "univariable", "DNMT3A").n_carriers == 43


def test_laml_does_not_count_the_unsequenced_as_wild_type(study_of):
    results = study_of("tcga_laml")
    fit = results.analysis("univariable").result.fits[0]
    assert fit.n < 175
    rows = results.analysis("genes").result.rows
    assert {row.count.n_not_tested for row in rows} == {175 - fit.n}


def test_laml_flow_names_the_25_patients_without_follow_up(study_of):
    """13 stand at 0 days and 12 at -Inf in the file; each leaves with its own reason."""
    steps = study_of("tcga_laml").flow.steps
    assert steps[0].n_before == 200
    reasons = [item.reason for step in steps for item in step.excluded]
    assert len(reasons) == 25
    assert sum("missing" in reason or "empty" in reason for reason in reasons) == 12


def test_melanoma_known_results(study_of):
    results = study_of("melanoma_antipd1")
    check(term(results, "os_univariable", "brain"), "4.96", None, None, 0.0042)
    check(term(results, "pfs_univariable", "brain"), "2.80", None, None, 0.059)
    check(term(results, "os_univariable", "ldh_elevated"), "1.79", None, None, 0.12)
    summary = {item.name: item for item in results.endpoints}
    assert (summary["os"].n, summary["os"].n_events) == (52, 31)
    assert (summary["pfs"].n, summary["pfs"].n_events) == (52, 45)


def test_acc_stage_is_known_for_90_of_92_patients(study_of):
    """R: coxph on the 90 patients whose stage is known."""
    results = study_of("tcga_acc")
    check(term(results, "os_univariable", "stage"), "8.01", "3.54", "18.13", 5.95e-7)
    assert "2 patients: stage missing" in results.analysis("os_univariable").excluded


def test_acc_known_results(study_of):
    """The known figure counts the two patients without a stage as I/II; so does this copy."""
    edits = tuple(
        ("tcga_cdr_acc_endpoints.tsv", f"\t{race}\t[Not Available]\t", f"\t{race}\tStage I\t")
        for race in ("WHITE", "[Unknown]")
    )
    results = study_of("tcga_acc", data_edits=edits)
    stage = term(results, "os_univariable", "stage")
    assert results.analysis("os_univariable").result.fits[0].n == 92
    check(stage, "7.68", "3.50", "16.9", 3.8e-7)
    loss = term(results, "os_univariable", "CLDN7")
    check(loss, "4.53", None, None, 5.4e-5)
    assert loss.n_carriers == 35


def test_acc_mutations_say_that_nothing_is_testable(study_of):
    results = study_of("tcga_acc", "mutations.toml")
    analysis = results.analysis("os_univariable")
    assert analysis.status == "ok"
    assert analysis.result.fits == ()
    assert [caveat.code for caveat in analysis.caveats] == ["nothing_testable"]
    assert max(row.count.n_altered for row in results.analysis("genes").result.rows) == 1


def test_lgg_timelines_give_what_r_gets_from_the_same_rows(study_of):
    """R 4.2.2, survival 3.5-3: first progression after the first surgery, or death.

    ``quantile(survfit(Surv(t, e) ~ 1))`` and ``coxph(Surv(t, e) ~ I(AGE / 10))``.
    """
    results = study_of("lgg_ucsf_timelines")
    rows = {
        (row.analysis, row.term, row.statistic): row.value for row in long_table(results.analyses)
    }
    assert rows["pfs", "", "median"] == 1156.625
    assert rows["univariable", "age", "coef"] == pytest.approx(0.0943861502960216, rel=1e-9)
    assert rows["univariable", "age", "se"] == pytest.approx(0.245958674743634, rel=1e-9)


@pytest.mark.parametrize(
    ("cohort", "file"),
    [
        ("tcga_laml", "study.toml"),
        ("melanoma_antipd1", "study.toml"),
        ("tcga_acc", "study.toml"),
        ("tcga_acc", "mutations.toml"),
        ("lgg_ucsf_timelines", "study.toml"),
    ],
)
def test_whole_results_directory_is_written(study_of, tmp_path, cohort, file):
    results = study_of(cohort, file)
    write_results_directory(results, tmp_path / "out")
    again = read_results(tmp_path / "out")
    assert [item.id for item in again.analyses] == [item.id for item in results.analyses]
    assert results.title in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
