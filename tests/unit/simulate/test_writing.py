from __future__ import annotations

import numpy as np
import pytest

from embogen.simulate import simulate_cohort, write_tables


def test_every_file_is_marked_in_its_first_line(tmp_path):
    tables, _ = simulate_cohort(10, np.random.default_rng(1))
    files = write_tables(tables, tmp_path / "new", note="SYNTHETIC: a test.")
    assert set(files) == {
        "patients.csv",
        "procedures.csv",
        "assessments.csv",
        "specimens.csv",
        "mutations.maf",
        "panels/data_gene_panel_synthetic.txt",
    }
    for file in files:
        text = (tmp_path / "new" / file).read_text(encoding="utf-8")
        assert text.startswith("# SYNTHETIC: a test.\n")
        assert text.endswith("\n")
        assert "\r" not in text


@pytest.mark.parametrize("note", ["", "real patients", "SYNTHETIC\npatient_id"])
def test_a_note_that_hides_what_it_is_is_refused(tmp_path, note):
    tables, _ = simulate_cohort(5, np.random.default_rng(1))
    with pytest.raises(ValueError, match="begins with SYNTHETIC"):
        write_tables(tables, tmp_path, note=note)
    assert not list(tmp_path.iterdir())
