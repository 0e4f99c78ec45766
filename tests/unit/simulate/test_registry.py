"""What is written of a simulated registry is what the truth says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from embogen import Design, Surv, fit_cox
from embogen.simulate.registry import (
    PANELS,
    RegistryGenes,
    draw_carriers,
    draw_genes,
    draw_patients,
)
from embogen.simulate.registry_files import write_registry

N, GENES, SEEDS = 20_000, 50, (1, 2, 3)


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folders = [tmp_path_factory.mktemp(f"registry{seed}") for seed in SEEDS]
    for folder, seed in zip(folders, SEEDS, strict=True):
        write_registry(folder, patients=N, genes=GENES, seed=seed)
    return folders


def z_scores(folder: Path, gene: str, *, by_site: bool) -> tuple[float, float]:
    """Log hazard ratio of a gene in the patients tested for it, and its standard error."""
    patients = pl.read_parquet(folder / "patients.parquet")
    panels = pl.read_parquet(folder / "panels.parquet").filter(gene=gene)["panel"]
    altered = pl.read_parquet(folder / "alterations.parquet").filter(gene=gene)["patient_id"]
    tested = patients.filter(pl.col("panel").is_in(panels.to_list()))
    surv = Surv(tested["time_days"], tested["event"], tested["entry_days"])
    columns = np.column_stack(
        [
            tested["patient_id"].is_in(altered.to_list()),
            tested["age"],
            tested["sex"] == "male",
            tested["grade"],
        ]
    )
    design = Design.from_arrays(columns, ["gene", "age", "sex", "grade"])
    site = tested["primary_site"].to_list() if by_site else None
    fit = fit_cox(surv, design, strata=site)
    return float(fit.estimates[0].coef), float(fit.estimates[0].se)


def test_true_effects_come_back_when_adjusted_for_site(registries):
    z = []
    for folder in registries:
        truth = pl.read_parquet(folder / "truth.parquet").filter(pl.col("log_hazard_ratio") != 0)
        assert truth.height == 2
        for gene, beta in truth.select("gene", "log_hazard_ratio").iter_rows():
            coef, se = z_scores(folder, gene, by_site=True)
            z.append((coef - beta) / se)
    assert np.abs(z).max() < 3.5
    assert abs(np.sum(z)) / np.sqrt(len(z)) < 3


def test_confounded_genes_are_biased_only_where_the_site_is_left_out(tmp_path):
    write_registry(tmp_path, patients=N, genes=200, seed=5)
    truth = pl.read_parquet(tmp_path / "truth.parquet").filter(
        (pl.col("log_hazard_ratio") == 0) & (pl.col("site_tilt") != 0)
    )
    assert truth.height == 9
    crude, adjusted = [], []
    for gene, tilt in truth.select("gene", "site_tilt").iter_rows():
        for by_site, into in ((False, crude), (True, adjusted)):
            coef, se = z_scores(tmp_path, gene, by_site=by_site)
            into.append(np.sign(tilt) * coef / se)
    assert np.sum(crude) / 3 > 4
    assert abs(np.sum(adjusted)) / 3 < 3


def test_as_many_carriers_as_planned_where_the_gene_was_tested():
    genes = draw_genes(300, 4)
    patients = draw_patients(10_000, genes, 4)
    z = []
    for gene in np.flatnonzero(genes.log_hazard_ratio == 0):
        rows = draw_carriers(int(gene), genes, patients, 4)
        assert (np.diff(rows) > 0).all()
        share = genes.by_site(int(gene))[patients.site][genes.covered[patients.panel, gene]]
        z.append((len(rows) - share.sum()) / np.sqrt((share * (1 - share)).sum()))
    assert abs(np.mean(z)) * np.sqrt(len(z)) < 4
    assert 0.8 < np.std(z) < 1.2


def test_a_frequency_is_the_mean_of_its_sites():
    genes = draw_genes(100, 2)
    (tilted, *_) = np.flatnonzero(genes.tilt)
    shares = genes.by_site(int(tilted))
    assert shares @ [0.45, 0.30, 0.12, 0.06, 0.07] == pytest.approx(genes.frequency[tilted])
    assert shares.max() / shares.min() == pytest.approx(np.exp(2.5 * 1.1))


def test_nothing_is_altered_that_the_panel_lacks_and_nobody_entered_after_the_end(registries):
    for folder in registries:
        patients = pl.read_parquet(folder / "patients.parquet")
        panels = pl.read_parquet(folder / "panels.parquet")
        altered = pl.read_parquet(folder / "alterations.parquet").join(patients, on="patient_id")
        assert altered.join(panels, on=["panel", "gene"], how="anti").height == 0
        assert altered.select("patient_id", "gene").is_duplicated().sum() == 0
        assert altered["state"].unique().to_list() == ["altered"]
        assert patients.height == N
        assert patients.filter(pl.col("entry_days") >= pl.col("time_days")).height == 0
        assert set(patients["event"]) == {0, 1}
        sizes = dict(panels["panel"].value_counts().iter_rows())
        assert [sizes[name] for name in PANELS] == [30, 37, 42, 45, 50]


def test_alterations_stand_by_gene_then_patient(registries):
    table = pl.read_parquet(registries[0] / "alterations.parquet")
    assert table.equals(table.sort("gene", "patient_id"))


def test_the_same_seed_gives_the_same_files(registries, tmp_path):
    names = write_registry(tmp_path, patients=N, genes=GENES, seed=SEEDS[0])
    for name in names:
        assert (tmp_path / name).read_bytes() == (registries[0] / name).read_bytes()
    other = (registries[1] / "patients.parquet").read_bytes()
    assert (tmp_path / "patients.parquet").read_bytes() != other


def test_a_gene_is_drawn_alike_whatever_is_drawn_beside_it():
    genes = draw_genes(40, 3)
    patients = draw_patients(2_000, genes, 3)
    alone = draw_carriers(7, genes, patients, 3)
    for gene in range(7):
        draw_carriers(gene, genes, patients, 3)
    assert draw_carriers(7, genes, patients, 3).tolist() == alone.tolist()


def test_patients_whose_event_came_before_sequencing_do_not_appear():
    """Without the effects the share left out would be that of the events before entry."""
    genes = draw_genes(10, 1)
    flat = RegistryGenes(genes.names, genes.frequency, np.zeros(10), genes.tilt, genes.covered)
    patients = draw_patients(5_000, flat, 1)
    assert not patients.carriers
    assert 0.25 < (patients.entry == 0).mean() < 0.36
    assert (patients.time > patients.entry).all()
