"""The reader of features is told by suffix and headers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from embogen.errors import DataError
from embogen.genomics.panels import GenePanel
from embogen.io.alterations_parquet import AlterationsParquet
from embogen.io.dosage_parquet import DosageFeatures
from embogen.io.feature_files import open_features
from embogen.io.genotype_features import GenotypeFeatures

PLINK = Path(__file__).parent / "plink"


def test_plink_files_are_told_by_suffix():
    patients = [f"S{i}" for i in range(13)]
    for file in ("fixed.bed", "fixed.pgen"):
        source, caveats = open_features(file, folder=PLINK, patients=patients, coding="dominant")
        assert isinstance(source, GenotypeFeatures)
        assert source.coding == "dominant"
        assert caveats == ()


def test_parquet_is_told_by_its_headers(tmp_path):
    long = pl.DataFrame({"patient_id": ["a"], "gene": ["DAXX"], "state": ["altered"]})
    long.write_parquet(tmp_path / "long.parquet")
    panels = {"P": GenePanel("P", "", frozenset({"DAXX"}))}
    source, caveats = open_features(
        "long.parquet", folder=tmp_path, patients=["a", "b"], panel_of=["P", None], panels=panels
    )
    assert isinstance(source, AlterationsParquet)
    assert [caveat.code for caveat in caveats] == ["unknown_panel"]
    long.rename({"gene": "Hugo"}).write_parquet(tmp_path / "named.parquet")
    source, _ = open_features(
        "named.parquet",
        folder=tmp_path,
        patients=["a"],
        whole_genome=True,
        columns={"gene": "Hugo"},
    )
    assert source.names == ("DAXX",)
    pl.DataFrame({"patient_id": ["a"], "rs1": [1.5]}).write_parquet(tmp_path / "d.parquet")
    source, _ = open_features("d.parquet", folder=tmp_path, patients=["a"])
    assert isinstance(source, DosageFeatures)


def test_without_panels_silence_is_an_error_here_too(tmp_path):
    pl.DataFrame({"patient_id": ["a"], "gene": ["DAXX"], "state": ["altered"]}).write_parquet(
        tmp_path / "long.parquet"
    )
    with pytest.raises(DataError, match="who was tested for it is not known"):
        open_features("long.parquet", folder=tmp_path, patients=["a", "b"])


def test_other_formats_are_refused_by_name(tmp_path):
    with pytest.raises(
        DataError, match=r'has the suffix "\.bgen"; one of \.bed, \.pgen, \.parquet'
    ):
        open_features("a.bgen", folder=tmp_path, patients=["a"])
