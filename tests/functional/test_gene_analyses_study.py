"""Pairs of genes, genes by site, specimens compared, and rules of specimens, end to end."""

from __future__ import annotations

import pytest
from scipy.stats import fisher_exact
from small_study import PLAN, maf, panel, table, write

from embogen import PlanError, read_study, run
from embogen.report.results_directory import write_results_directory
from embogen.report.sentences import result_sentences
from embogen.study.json_codec import from_json, to_json
from embogen.study.long_table import long_table
from embogen.tables.of_analysis import tables_of

ANALYSES = """
[gene_group.alt]
any_of = ["DAXX", "ATRX"]
[genes]
candidates = { genes = ["MEN1", "DAXX", "ATRX"] }
[variable.primary]
type = "category"
allowed = ["pancreas", "small bowel", "lung"]
meaning = "Primary site"
[covariate.site]
column = "primary"
label = "Primary site"
levels = ["pancreas", "small bowel", "lung"]
[[analysis]]
id = "pairs"
kind = "co_mutation"
terms = ["gene:*", "group:alt"]
[[analysis]]
id = "sites"
kind = "gene_by_site"
terms = ["gene:*"]
by = "site"
[[analysis]]
id = "agree"
kind = "specimen_concordance"
terms = ["gene:*", "group:alt"]
[[analysis]]
id = "liver"
kind = "specimen_concordance"
terms = ["gene:MEN1"]
between = { site = ["liver", "pancreas"] }
"""


@pytest.fixture
def study(tmp_path):
    """Twelve patients; the first six have a second specimen, two of them on a smaller panel."""
    patients = [("patient_id", "primary")]
    specimens = [("specimen_id", "patient_id", "date", "site", "panel")]
    calls = []
    for i in range(1, 13):
        patients.append((f"P{i}", "pancreas" if i <= 7 else "small bowel" if i < 12 else ""))
        specimens.append((f"S{i}a", f"P{i}", f"2020-01-{i:02}", "liver", "LARGE"))
        if i <= 6:
            on = "SMALL" if i <= 2 else "LARGE"
            specimens.append((f"S{i}b", f"P{i}", f"2021-01-{i:02}", "pancreas", on))
        if i <= 5:
            calls.append(("MEN1", "Missense_Mutation", f"S{i}a"))
        if i <= 4:
            calls.append(("DAXX", "Nonsense_Mutation", f"S{i}a"))
            calls.append(("MEN1", "Missense_Mutation", f"S{i}b" if i > 1 else f"S{i}a"))
        if i in {6, 9}:
            calls.append(("ATRX", "Nonsense_Mutation", f"S{i}a"))
    return write(
        tmp_path,
        {
            "study.toml": PLAN + ANALYSES,
            "patients.csv": table(patients),
            "specimens.csv": table(specimens),
            "mutations.maf": maf(*calls),
            "panels/data_gene_panel_l.txt": panel("LARGE", "DAXX", "MEN1", "ATRX"),
            "panels/data_gene_panel_s.txt": panel("SMALL", "MEN1"),
        },
    )


def test_pairs_are_compared_in_those_tested_for_both(study):
    result = run(read_study(study)).analysis("pairs").result
    pairs = {(pair.first.name, pair.second.name): pair for pair in result.pairs}
    pair = pairs["MEN1", "DAXX"]
    assert (pair.both, pair.first_only, pair.second_only, pair.neither) == (4, 1, 0, 7)
    assert pair.odds_ratio.p_value == pytest.approx(fisher_exact([[4, 1], [0, 7]]).pvalue)
    assert pair.tendency == "co-occurrence"
    assert result.n_compared == 4
    assert pair.adjusted_p_value == pytest.approx(4 * pair.odds_ratio.p_value)
    assert ("DAXX", "alt") not in pairs  # a group is not compared with its own member
    assert ("MEN1", "alt") in pairs


def test_genes_by_site_flag_empty_cells(study):
    analysis = run(read_study(study)).analysis("sites")
    men1 = next(gene for gene in analysis.result.genes if gene.term.name == "MEN1")
    counts = [(cell.n_altered, cell.n_tested) for cell in men1.cells]
    assert counts == [(5, 7), (0, 4), (0, 0)]
    assert men1.test.p_value == pytest.approx(fisher_exact([[5, 2], [0, 4]]).pvalue)
    assert "1 patient: Primary site missing" in analysis.excluded
    assert {"empty_cell", "partial_panel", "adjusted_family"} <= {c.code for c in analysis.caveats}


def test_specimens_are_compared_where_both_were_tested(study):
    analysis = run(read_study(study)).analysis("agree")
    genes = {gene.term.name: gene for gene in analysis.result.genes}
    assert analysis.result.n_pairs == 6
    men1, daxx = genes["MEN1"], genes["DAXX"]
    assert (men1.both, men1.first_only, men1.second_only, men1.neither) == (3, 2, 0, 1)
    assert (daxx.n, daxx.n_unknown) == (4, 2)  # two second specimens were on the small panel
    assert (daxx.both, daxx.first_only, daxx.neither) == (0, 2, 2)
    assert "6 patients: not two sequenced specimens (first, last)" in analysis.excluded
    assert daxx.kappa.interval is None  # of no width: nobody is altered in the second specimen
    # a group is not added to its members
    assert analysis.result.pooled.n == sum(genes[name].n for name in ("MEN1", "DAXX", "ATRX"))


def test_specimens_of_two_sites(study):
    result = run(read_study(study)).analysis("liver").result
    (gene,) = result.genes
    assert (result.first, result.second) == ("liver", "pancreas")
    assert (gene.both, gene.first_only) == (3, 2)


def test_every_part_of_the_report_is_written(study, tmp_path):
    results = run(read_study(study))
    again = from_json(to_json(results))
    for name in ("pairs", "sites", "agree", "liver"):
        assert again.analysis(name).result == results.analysis(name).result
        (shown,) = tables_of(results.analysis(name), results)
        assert shown.rows
        assert result_sentences(results.analysis(name), results)
    statistics = {(row.analysis, row.statistic) for row in long_table(results.analyses)}
    assert {("pairs", "p_value_adjusted"), ("sites", "fraction"), ("agree", "kappa")} <= statistics
    write_results_directory(results, tmp_path / "out")
    assert "MEN1" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def edited(study, old: str, new: str):
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return run(read_study(study))


def test_the_adjustment_is_that_of_the_plan(study):
    none = edited(study, 'kind = "co_mutation"', 'kind = "co_mutation"\nmultiplicity = "none"')
    assert {pair.adjusted_p_value for pair in none.analysis("pairs").result.pairs} == {None}
    assert "multiple_testing" in {c.code for c in none.analysis("pairs").caveats}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "co_mutation"', 'kind = "co_mutation"\nmultiplicity = "max_t"', "max_t belongs"),
        ('site = ["liver", "pancreas"]', 'site = ["liver", "bone"]', '"bone" does not occur'),
        ('site = ["liver", "pancreas"]', 'organ = ["liver", "bone"]', 'no column "organ"'),
        ('site = ["liver", "pancreas"]', 'site = ["liver"]', "between"),
        (
            'terms = ["gene:*", "group:alt"]\n[[analysis]]\nid = "sites"',
            'terms = ["site"]\n[[analysis]]\nid = "sites"',
            '"site" is no gene',
        ),
        ("[genes]", '[specimens]\nrule = "closest_to_origin"\n[genes]', "data.procedures"),
    ],
)
def test_what_is_refused(study, old, new, words):
    with pytest.raises(PlanError, match=words):
        edited(study, old, new)


def test_a_rule_of_specimens_changes_who_is_altered(study):
    """With the second specimens alone P1 and P5 are wild type for MEN1."""
    dates = [
        ("patient_id", "date", "modality"),
        *((f"P{i}", "2021-02-01", "TACE") for i in range(1, 13)),
    ]
    (study / "procedures.csv").write_text(table(dates), encoding="utf-8")
    results = edited(
        study,
        'panels = { file = "panels" }\n',
        'panels = { file = "panels" }\nprocedures = { file = "procedures.csv" }\n'
        '[specimens]\nrule = "closest_to_origin"\n',
    )
    men1 = next(g for g in results.analysis("sites").result.genes if g.term.name == "MEN1")
    assert (men1.cells[0].n_altered, men1.cells[0].n_tested) == (3, 7)
    assert "several_specimens" in {caveat.code for caveat in results.caveats}
    assert results.analysis("agree").result.n_pairs == 6  # comparing specimens knows no rule
