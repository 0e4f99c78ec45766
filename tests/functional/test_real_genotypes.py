"""Genotypes of real cohorts with the traps their provenance tells of, against plain counting."""

from __future__ import annotations

import csv
import gzip
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from scipy.stats import fisher_exact

from embogen import DataError, EmbogenError, StudyResults, read_study, run
from embogen.genomics.gene_names import NO_OWN_NAMES, harmonise_panels
from embogen.io.gene_panel import read_panels
from embogen.io.hotspots import read_hotspots

COUNTED = {
    "Missense_Mutation",
    "Nonsense_Mutation",
    "Nonstop_Mutation",
    "Frame_Shift_Del",
    "Frame_Shift_Ins",
    "In_Frame_Del",
    "In_Frame_Ins",
    "Splice_Site",
}


@pytest.fixture
def folder_of(data_dir: Path, tmp_path: Path):
    """Copy a cohort's files to a folder of a test, with the panels and annotations asked for."""

    def lay(cohort: str, *others: str) -> Path:
        for name in (cohort, *others):
            if not (data_dir / name).is_dir():
                pytest.skip(f"EMBOGEN_DATA holds no {name}: real data are not committed")
            target = tmp_path if name == cohort else tmp_path / name
            target.mkdir(exist_ok=True)
            for path in (data_dir / name).iterdir():
                shutil.copyfile(path, target / path.name)
        return tmp_path

    return lay


def rows_of(path: Path) -> list[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as stream:
        lines = [line for line in stream if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def done(folder: Path, plan: str) -> StudyResults:
    (folder / "study.toml").write_text(plan, encoding="utf-8")
    return run(read_study(folder))


def counts(results: StudyResults, name: str = "genes") -> dict[str, tuple[int, int]]:
    rows = results.analysis(name).result.rows
    return {row.count.gene: (row.count.n_altered, row.count.n_tested) for row in rows}


GLIOMA = """schema = 1
[study]
id = "glioma"
title = "Cerebrospinal fluid and tumour"
[data]
patients = { file = "patients.csv" }
mutations = { file = "data_mutations_extended.txt" }
panels = { file = "gene_panels" }
[data.specimens]
file = "data_clinical_sample.txt"
columns = { specimen_id = "SAMPLE_ID", patient_id = "PATIENT_ID", panel = "GENE_PANEL" }
[genes]
count_as = ["missense", "truncating", "splice", "inframe"]
candidates = { genes = ["TP53", "IDH1", "ATRX", "KMT2D", "TERT"] }
[[analysis]]
id = "genes"
kind = "gene_frequency"
terms = ["gene:*"]
[[analysis]]
id = "agree"
kind = "specimen_concordance"
terms = ["gene:*"]
between = { SAMPLE_COLLECTION_METHOD = ["cfDNA", "Resection"] }
"""


@pytest.fixture
def glioma(folder_of) -> Path:
    folder = folder_of("cbioportal_glioma_msk_2018", "gene_panels")
    ids = sorted({row["PATIENT_ID"] for row in rows_of(folder / "data_clinical_sample.txt")})
    (folder / "patients.csv").write_text("\n".join(["patient_id", *ids]) + "\n", encoding="utf-8")
    return folder


def altered_samples(folder: Path, counted: set[str]) -> dict[str, set[str]]:
    found = defaultdict(set)
    for row in rows_of(folder / "data_mutations_extended.txt"):
        if row["Variant_Classification"] in counted:
            found[row["Hugo_Symbol"]].add(row["Tumor_Sample_Barcode"])
    return found


def test_glioma_counts_as_plain_counting_does(glioma):
    """The header stands twice; KMT2D is MLL2 on the panel; two specimens have no call."""
    results = done(glioma, GLIOMA)
    patient = {
        r["SAMPLE_ID"]: r["PATIENT_ID"] for r in rows_of(glioma / "data_clinical_sample.txt")
    }
    altered = altered_samples(glioma, COUNTED)
    expected = {
        gene: (len({patient[sample] for sample in altered[gene]}), 42)
        for gene in ("TP53", "IDH1", "ATRX", "KMT2D", "TERT")
    }
    assert expected["KMT2D"][0] > 0
    assert counts(results) == expected
    caveats = {caveat.code: caveat for caveat in results.caveats}
    assert "repeated_header" in caveats
    assert caveats["specimens_without_calls"].evidence["specimens"] == 2
    assert caveats["several_specimens"].evidence["patients"] == 42
    # of the genes called only FIP1L1, half of a fusion, is not on IMPACT410 by any name
    assert caveats["calls_off_panel"].evidence["genes"] == 1
    assert "FIP1L1" in caveats["calls_off_panel"].message


def test_glioma_without_aliases_loses_four_genes(glioma):
    """MLL, MLL2, MLL3 and FAM123B are what the panel of 2014 calls them."""
    kept = ", ".join(f'{old} = "{old}"' for old in ("MLL", "MLL2", "MLL3", "FAM123B"))
    plan = GLIOMA.replace('"KMT2D", ', "").replace("[genes]", f"[genes]\naliases = {{ {kept} }}")
    caveats = {caveat.code: caveat for caveat in done(glioma, plan).caveats}
    assert caveats["calls_off_panel"].evidence["genes"] == 5


def test_glioma_tert_is_altered_in_its_promoter_only_where_that_counts(glioma):
    """TERT promoter calls are 5'Flank."""
    without = counts(done(glioma, GLIOMA))["TERT"]
    plan = GLIOMA.replace('"inframe"]', '"inframe", "promoter"]')
    with_promoter = counts(done(glioma, plan))["TERT"]
    patient = {
        r["SAMPLE_ID"]: r["PATIENT_ID"] for r in rows_of(glioma / "data_clinical_sample.txt")
    }
    for found, classes in ((without, COUNTED), (with_promoter, COUNTED | {"5'Flank"})):
        altered = altered_samples(glioma, classes)["TERT"]
        assert found == (len({patient[sample] for sample in altered}), 42)
    assert without[0] < with_promoter[0]


def test_glioma_fluid_and_tumour_agree_as_counted_by_hand(glioma):
    """35 patients have both; of several specimens of a kind the first of the file is taken."""
    result = done(glioma, GLIOMA).analysis("agree").result
    kinds: dict[str, dict[str, str]] = {}
    for row in rows_of(glioma / "data_clinical_sample.txt"):
        own = kinds.setdefault(row["PATIENT_ID"], {})
        own.setdefault(row["SAMPLE_COLLECTION_METHOD"], row["SAMPLE_ID"])
    pairs = [
        (own["cfDNA"], own["Resection"])
        for own in kinds.values()
        if len(own) > 1 and "Resection" in own
    ]
    altered = altered_samples(glioma, COUNTED)
    assert result.n_pairs == len(pairs) == 35
    for gene in result.genes:
        cells = [(a in altered[gene.term.name], b in altered[gene.term.name]) for a, b in pairs]
        assert gene.both == cells.count((True, True))
        assert gene.first_only == cells.count((True, False))
        assert gene.second_only == cells.count((False, True))
        assert gene.n == 35


LAML = """schema = 1
[study]
id = "laml"
title = "Acute myeloid leukaemia"
[data.patients]
file = "tcga_laml_annot.tsv"
columns = { patient_id = "Tumor_Sample_Barcode" }
[data.mutations]
file = "tcga_laml.maf.gz"
[genes]
coverage = "all_genes"
count_as = ["missense", "truncating", "splice", "inframe"]
candidates = { genes = ["NPM1", "DNMT3A", "FLT3", "TP53", "RUNX1"] }
[gene_group.idh]
any_of = ["IDH1", "IDH2"]
[[analysis]]
id = "genes"
kind = "gene_frequency"
terms = ["gene:*", "group:idh", "gene:IDH1", "gene:IDH2"]
[[analysis]]
id = "pairs"
kind = "co_mutation"
terms = ["gene:*"]
"""


def laml_carriers(folder: Path) -> dict[str, set[str]]:
    found = defaultdict(set)
    for row in rows_of(folder / "tcga_laml.maf.gz"):
        if row["Variant_Classification"] in COUNTED:
            found[row["Hugo_Symbol"]].add(row["Tumor_Sample_Barcode"])
    return found


def test_laml_patients_the_file_does_not_name_are_in_no_pair(folder_of):
    folder = folder_of("tcga_laml")
    results = done(folder, LAML)
    carriers = laml_carriers(folder)
    result = results.analysis("pairs").result
    assert {pair.n for pair in result.pairs} == {193}
    assert {pair.n_unknown for pair in result.pairs} == {7}
    for pair in result.pairs:
        a, b = carriers[pair.first.name], carriers[pair.second.name]
        both, only, other = len(a & b), len(a - b), len(b - a)
        assert (pair.both, pair.first_only, pair.second_only) == (both, only, other)
        expected = fisher_exact([[both, only], [other, 193 - both - only - other]]).pvalue
        assert pair.odds_ratio.p_value == pytest.approx(expected, rel=1e-9)
    found = {frozenset({p.first.name, p.second.name}): p for p in result.pairs}
    known = found[frozenset({"NPM1", "DNMT3A"})]
    assert known.tendency == "co-occurrence"
    ordered = sorted(pair.odds_ratio.p_value for pair in result.pairs)
    place = ordered.index(known.odds_ratio.p_value)
    assert known.adjusted_p_value == pytest.approx((10 - place) * ordered[place])  # Holm
    assert known.adjusted_p_value < 0.05
    assert found[frozenset({"NPM1", "RUNX1"})].tendency == "mutual exclusivity"


def test_laml_group_of_idh_counts_patients_once(folder_of):
    folder = folder_of("tcga_laml")
    carriers = laml_carriers(folder)
    found = counts(done(folder, LAML))
    assert found["idh"] == (len(carriers["IDH1"] | carriers["IDH2"]), 193)
    assert found["idh"][0] < found["IDH1"][0] + found["IDH2"][0] + 1


def test_laml_fractions_stand_in_percent_and_are_asked_about(folder_of):
    folder = folder_of("tcga_laml")
    column = 'file = "tcga_laml.maf.gz"\ncolumns = { vaf = "i_TumorVAF_WU" }'
    plan = LAML.replace('file = "tcga_laml.maf.gz"', column)
    plan = plan.replace("[gene_group", "[genes.filter]\nvaf_min = 0.2\n[gene_group", 1)
    with pytest.raises(DataError, match="vaf_unit"):
        done(folder, plan)
    results = done(folder, plan.replace(column, column + '\nvaf_unit = "percent"'))
    low = sum(
        1
        for row in rows_of(folder / "tcga_laml.maf.gz")
        if row["Variant_Classification"] in COUNTED
        and row["i_TumorVAF_WU"] not in {"", "NA"}
        and float(row["i_TumorVAF_WU"]) < 20
    )
    (left_out,) = [c for c in results.caveats if c.code == "calls_left_out"]
    assert left_out.evidence["allele fraction below 0.2"] == low
    assert left_out.evidence["silent"] == 449


def test_laml_hotspots_keep_the_known_residues(folder_of):
    folder = folder_of("tcga_laml", "gene_annotations")
    listed = 'hotspots = { file = "gene_annotations/cancerhotspots_v2_GRCh37.tsv" }'
    plan = LAML.replace("[gene_group", f"[genes.filter]\n{listed}\n[gene_group", 1)
    found = counts(done(folder, plan))
    residues = read_hotspots("cancerhotspots_v2_GRCh37.tsv", folder=folder / "gene_annotations")
    assert {("IDH1", "R132"), ("IDH2", "R140"), ("DNMT3A", "R882")} <= residues
    everything = counts(done(folder, LAML))
    assert found["IDH1"] == everything["IDH1"]  # every IDH1 call is R132
    assert 0 < found["DNMT3A"][0] < everything["DNMT3A"][0]
    assert {tested for _, tested in found.values()} == {193}


def test_laml_without_a_list_of_genes_covered_no_percentage_is_given(folder_of):
    folder = folder_of("tcga_laml")
    results = done(folder, LAML.replace('coverage = "all_genes"\n', ""))
    assert {tested for _, tested in counts(results).values()} == {0}
    assert "unknown_panel" in {caveat.code for caveat in results.caveats}


UTUC = """schema = 1
[study]
id = "utuc"
title = "Upper-tract urothelial carcinoma"
[data]
patients = { file = "data_clinical_patient.txt", columns = { patient_id = "PATIENT_ID" } }
mutations = { file = "data_mutation_extended.txt" }
[data.specimens]
file = "data_clinical_sample.txt"
columns = { specimen_id = "SAMPLE_ID", patient_id = "PATIENT_ID" }
[variable.STAGE]
type = "category"
allowed = ["<T2", ">=T2"]
meaning = "Pathological stage"
[covariate.stage]
column = "STAGE"
label = "Stage"
[genes]
coverage = "all_genes"
candidates = { genes = ["FGFR3", "TP53", "KMT2D"] }
[[analysis]]
id = "genes"
kind = "gene_frequency"
terms = ["gene:*"]
[[analysis]]
id = "stage"
kind = "gene_by_site"
terms = ["gene:*"]
by = "stage"
"""


def test_utuc_genes_by_stage_as_plain_counting_does(folder_of):
    """Levels such as >=T2; ten of 47 patients have no call at all, and are told to be silent."""
    folder = folder_of("cbioportal_utuc_2019")
    results = done(folder, UTUC)
    carriers = defaultdict(set)
    for row in rows_of(folder / "data_mutation_extended.txt"):
        if row["Variant_Classification"] in COUNTED:
            gene = NO_OWN_NAMES.current(row["Hugo_Symbol"])
            carriers[gene].add(row["Tumor_Sample_Barcode"])
    stage = {r["PATIENT_ID"]: r["STAGE"] for r in rows_of(folder / "data_clinical_patient.txt")}
    assert len(stage) == 47
    for gene in results.analysis("stage").result.genes:
        table = []
        for cell in gene.cells:
            members = {patient for patient, level in stage.items() if level == cell.group}
            altered = len(members & carriers[gene.term.name])
            assert (cell.n_altered, cell.n_tested) == (altered, len(members))
            table.append([altered, len(members) - altered])
        assert gene.test.p_value == pytest.approx(fisher_exact(table).pvalue, rel=1e-9)
    silent = [c for c in results.caveats if c.code == "specimens_without_calls"]
    assert silent[0].evidence == {"specimens": 10, "sequenced": 47}


def test_utuc_has_no_time_to_an_event_and_a_survival_analysis_is_refused(folder_of):
    folder = folder_of("cbioportal_utuc_2019")
    endpoint = '\n[endpoint.os]\ntime = "OS_MONTHS"\nevent = "OS_STATUS"\n'
    cox = '[[analysis]]\nid = "cox"\nkind = "cox"\nendpoint = "os"\nterms = ["gene:TP53"]\n'
    with pytest.raises(EmbogenError, match="OS_MONTHS"):
        done(folder, UTUC + endpoint + cox)


def test_panels_of_all_years_cover_the_same_genes_under_current_symbols(data_dir):
    if not (data_dir / "gene_panels").is_dir():
        pytest.skip("EMBOGEN_DATA holds no gene_panels: real data are not committed")
    panels, (renamed,) = harmonise_panels(read_panels("gene_panels", folder=data_dir), NO_OWN_NAMES)
    for version in (341, 410, 468, 505):
        assert {"KMT2A", "KMT2C", "KMT2D", "AMER1"} <= panels[f"IMPACT{version}"].genes
    sizes = {name: len(panels[f"IMPACT{name}"].genes) for name in (341, 410, 468, 505)}
    assert sizes == {341: 341, 410: 410, 468: 469, 505: 505}  # no two genes became one
    assert renamed.evidence["genes"] > 20
