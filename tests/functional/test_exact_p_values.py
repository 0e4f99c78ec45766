"""Exact p-values reach a user's results, and are those of a direct call."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from embogen import read_study, run
from embogen.cli import main
from embogen.inference.permutation import permutation_test
from embogen.report.methods import methods_paragraphs
from embogen.report.results_directory import read_results, write_results_directory
from embogen.study.assemble import assemble
from embogen.study.json_codec import from_json, to_json
from embogen.study.selection import own_surv
from embogen.tables.of_analysis import tables_of


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exact") / "study"
    assert main(["demo", str(folder), "--json"]) == 0
    return folder


def terms(results, analysis: str):
    result = results.analysis(analysis).result
    fits = getattr(result, "fits", [result])
    return {item.term.name: item for fit in fits for item in fit.estimates}


def edited(folder: Path, *pairs: tuple[str, str]) -> Path:
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return folder


def test_genes_are_permuted_and_agree_with_a_direct_call(demo):
    data = assemble(read_study(demo)).data
    found = terms(read_results(demo / "results"), "table1_exact")
    for gene in ("DAXX", "TP53", "TSC2"):
        carriers = data.gene_values(gene)
        direct = permutation_test(own_surv("hpfs", data, np.ones(35, dtype=bool)), carriers)
        assert direct.method == "enumerated"
        assert found[gene].primary_method == "permutation"
        assert found[gene].primary_p == direct.p_value
    assert found["grade"].primary_method == "wald"


def test_the_reproduction_of_the_publication_stays_with_wald(demo):
    for name in ("table1", "table1_adjusted"):
        assert {
            item.primary_method for item in terms(read_results(demo / "results"), name).values()
        } == {"wald"}


def test_estimates_do_not_change_with_the_choice_of_test(demo):
    results = read_results(demo / "results")
    exact, wald = terms(results, "table1_exact"), terms(results, "table1")
    assert {name: item.hr for name, item in exact.items()} == {
        name: item.hr for name, item in wald.items()
    }


def test_drawn_p_values_state_draws_interval_and_seed(demo):
    """With delayed entry MEN1's 417 million carrier sets are too many to count."""
    item = terms(read_results(demo / "results"), "table1_from_biopsy")["MEN1"]
    test = item.tests.permutation
    assert test.method == "monte_carlo"
    assert test.p_interval.low < test.p_value < test.p_interval.high
    assert test.draws.seed.entropy[0] == 20260101
    html = (demo / "results" / "report.html").read_text(encoding="utf-8")
    assert f"{test.n_permutations:,} carrier sets were drawn" in html
    assert "seed 20260101-" in html


def test_drawn_p_values_do_not_depend_on_rows_terms_or_other_analyses(demo_study):
    few = ('terms       = ["gene:*", "grade"]\nexploratory', "terms = [WORDS]\nexploratory")
    study = edited(demo_study, few, ("WORDS", '"gene:MEN1", "gene:TP53"'))
    first = terms(run(read_study(study)), "table1_from_biopsy")["MEN1"]
    assert first.tests.permutation.method == "monte_carlo"
    rng = np.random.default_rng(3)
    for path in [*study.glob("*.csv"), study / "mutations.maf"]:
        lines = path.read_text(encoding="utf-8").splitlines()
        top = next(i for i, line in enumerate(lines) if not line.startswith("#"))
        body = lines[top + 1 :]
        shuffled = [body[i] for i in rng.permutation(len(body))]
        path.write_text("\n".join([*lines[: top + 1], *shuffled]) + "\n", encoding="utf-8")
    toml = (study / "study.toml").read_text(encoding="utf-8")
    start = toml.index('[[analysis]]\nid       = "hpfs_by_daxx"')
    toml = toml[:start] + toml[toml.index("[[analysis]]", start + 5) :]
    (study / "study.toml").write_text(
        toml.replace('"gene:MEN1", "gene:TP53"', '"gene:TP53", "gene:MEN1"'), encoding="utf-8"
    )
    again = terms(run(read_study(study)), "table1_from_biopsy")["MEN1"]
    assert again.primary_p == first.primary_p
    assert again.tests.permutation.draws.seed == first.tests.permutation.draws.seed


def test_max_t_stands_beside_and_is_said(demo):
    results = read_results(demo / "results")
    found = terms(results, "table1_exact")
    adjusted = {name: item.tests.adjusted for name, item in found.items()}
    assert adjusted.pop("grade") is None
    assert {item.family_size for item in adjusted.values()} == {4}
    assert all(adjusted[name].interval.high >= found[name].primary_p for name in adjusted)
    codes = {item.code for item in results.analysis("table1_exact").caveats}
    assert "adjusted_family" in codes
    assert "multiple_testing" not in codes


def test_the_long_table_marks_the_p_value_that_comes_first(demo):
    with (demo / "results" / "results.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["analysis"] == "table1_exact"]
    daxx = [row for row in rows if row["term"] == "DAXX"]
    by_method = {row["method"]: row["value"] for row in daxx if row["statistic"] == "p_value"}
    assert set(by_method) == {"wald", "permutation", "penalised_likelihood_ratio"}
    primary = [(r["value"], r["method"]) for r in daxx if r["statistic"] == "p_primary"]
    assert primary == [(by_method["permutation"], "permutation")]
    assert [row["method"] for row in daxx if row["statistic"] == "p_adjusted"] == ["max_t"]


def test_the_report_shows_every_method(demo):
    table = (demo / "results" / "tables" / "table1_exact-p-values.csv").read_text("utf-8-sig")
    header, *body = csv.reader(table.splitlines())
    assert [row[0] for row in body] == ["MEN1", "DAXX", "TP53", "TSC2"]
    assert "p-value: Permutation" in header
    html = (demo / "results" / "report.html").read_text(encoding="utf-8")
    assert "Firth for finite estimates and intervals, permutation for p-values." in html


def test_a_penalised_analysis_reaches_the_report(demo_study, tmp_path):
    study = edited(
        demo_study,
        ('multiplicity = "max_t"', 'multiplicity = "holm"\npenalty = "firth"'),
    )
    results = run(read_study(study))
    found = terms(results, "table1_exact")
    beside = terms(run(read_study(edited(study, ('penalty = "firth"\n', "")))), "table1_exact")
    assert found["DAXX"].hr == beside["DAXX"].tests.firth
    assert found["grade"].primary_method == "penalised_likelihood_ratio"
    assert to_json(from_json(to_json(results))) == to_json(results)
    folder = tmp_path / "out"
    write_results_directory(results, folder)
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "fitted with Firth" in html
    assert "Holm" in html


@pytest.mark.parametrize(
    ("key", "value"),
    [("p_value", '"exact"'), ("penalty", '"ridge"'), ("multiplicity", '"maxt"')],
)
def test_an_unknown_choice_is_refused_with_the_choices(demo_study, embogen, key, value):
    edited(demo_study, ('p_value      = "auto"\nmultiplicity = "max_t"', f"{key} = {value}"))
    said = embogen("check", demo_study)
    assert said.code == 2
    assert key in said.err


def test_a_curve_takes_no_choice_of_p_value(demo_study, embogen):
    edited(demo_study, ('id       = "hpfs_by_daxx"', 'id = "hpfs_by_daxx"\np_value = "wald"'))
    said = embogen("check", demo_study)
    assert said.code == 2
    assert "does not take this key" in said.err


MID = """[[analysis]]
id = "mid"
kind = "univariable_cox"
endpoint = "hpfs"
terms = ["gene:DAXX"]
mid_p = true
"""


def test_a_plan_can_ask_for_mid_p(demo_study):
    file = demo_study / "study.toml"
    before = file.read_text("utf-8").partition("[[analysis]]")[0]
    file.write_text(before + MID, encoding="utf-8")
    study = read_study(demo_study)
    data, results = assemble(study).data, run(study)
    surv = own_surv("hpfs", data, np.ones(35, dtype=bool))
    half = permutation_test(surv, data.gene_values("DAXX"), mid_p=True)
    (item,) = terms(results, "mid").values()
    assert item.primary_p == half.p_value < permutation_test(surv, data.gene_values("DAXX")).p_value
    table = tables_of(results.analysis("mid"), results)[0]
    assert any("mid-p" in note for note in table.footnotes)
    assert "mid-p where the plan asks" in dict(methods_paragraphs(results))["Statistical analysis"]
