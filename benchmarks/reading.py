"""How long the readers take and how much memory they need: run it, no test depends on it.

    python benchmarks/reading.py [rows of the MAF] [patients of the studies]

A MAF, plain and gzipped, a cBioPortal study folder, and what `embogen check` does with a study of
that folder and with one of CSV tables and a MAF. Every measurement runs in a process of its own, so
that the peak of memory is its own.
"""

from __future__ import annotations

import argparse
import gzip
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

GENES = [f"GENE{i}" for i in range(470)]
CALLS = 10
"""Mutations of a patient."""
STUDY = """schema = 1
[study]
id = "large"
title = "SYNTHETIC"
seed = 1
[data]
{data}
[endpoint.os]
{endpoint}
[genes]
candidates = {{ most_frequent = 20 }}
[[analysis]]
id = "table1"
kind = "univariable_cox"
endpoint = "os"
terms = ["gene:*"]
"""
CLASSES = ("Missense_Mutation", "Silent", "Nonsense_Mutation", "Frame_Shift_Del", "Splice_Site")
MAF_HEADERS = (
    "Hugo_Symbol\tEntrez_Gene_Id\tCenter\tNCBI_Build\tChromosome\tStart_Position\tEnd_Position\t"
    "Strand\tVariant_Classification\tVariant_Type\tReference_Allele\tTumor_Seq_Allele1\t"
    "Tumor_Seq_Allele2\tdbSNP_RS\tTumor_Sample_Barcode\tMatched_Norm_Sample_Barcode\t"
    "HGVSp_Short\tTranscript_ID\tt_depth\tt_ref_count\tt_alt_count\tn_depth\tn_ref_count\t"
    "n_alt_count\tConsequence\tSIFT\tPolyPhen"
)


def write_maf(path: Path, rows: int, samples: int) -> None:
    """Write a SYNTHETIC MAF with the columns of the GDC that matter for its size."""
    rng = np.random.default_rng(1)
    gene, kind = rng.integers(len(GENES), size=rows), rng.integers(len(CLASSES), size=rows)
    start, sample = rng.integers(1, 2 * 10**8, size=rows), rng.integers(samples, size=rows)
    alt, ref = rng.integers(5, 200, size=rows), rng.integers(5, 900, size=rows)
    with path.open("w", encoding="utf-8") as out:
        out.write("#version 2.4\n" + MAF_HEADERS + "\n")
        for g, k, at, s, a, r in zip(gene, kind, start, sample, alt, ref, strict=True):
            out.write(
                f"{GENES[g]}\t{g + 1}\tCENTER\tGRCh38\tchr1\t{at}\t{at}\t+\t{CLASSES[k]}\tSNP\tC\t"
                f"C\tT\tnovel\tP-{s:07d}-T01\tP-{s:07d}-N01\tp.R{at % 900}W\tENST00000{g:06d}\t"
                f"{a + r}\t{r}\t{a}\t50\t50\t0\tmissense_variant\ttolerated(0.2)\tbenign(0.04)\n"
            )


def write_folder(folder: Path, patients: int) -> None:
    """Write a SYNTHETIC cBioPortal study folder with 40 attributes, and a study of it."""
    rng = np.random.default_rng(2)
    folder.mkdir()
    names = [f"A{i}" for i in range(38)]
    width = len(names) + 3
    head = ["#" + "\t".join(["x"] * width)] * 2
    head.append("#" + "\t".join(["STRING", "STRING", "NUMBER", *["NUMBER", "STRING"] * 19]))
    head.append("#" + "\t".join(["1"] * width))
    lines = [*head, "\t".join(["PATIENT_ID", "OS_STATUS", "OS_MONTHS", *names])]
    values = rng.integers(100, size=(patients, 40))
    for i, row in enumerate(values):
        cells = "\t".join(str(v) for v in row[:38])
        lines.append(f"P-{i:07d}\t{row[38] % 2}:X\t{row[39]}\t{cells}")
    (folder / "data_clinical_patient.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["#a\tb\tc", "#a\tb\tc", "#STRING\tSTRING\tSTRING", "#1\t1\t1"]
    lines.append("PATIENT_ID\tSAMPLE_ID\tGENE_PANEL")
    lines += [f"P-{i:07d}\tP-{i:07d}-T01\tPANEL" for i in range(patients)]
    (folder / "data_clinical_sample.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    panel = "stable_id: PANEL\ndescription: SYNTHETIC\ngene_list: " + "\t".join(GENES) + "\n"
    (folder / "data_gene_panel_panel.txt").write_text(panel, encoding="utf-8")
    write_maf(folder / "data_mutations.txt", CALLS * patients, patients)
    endpoint = 'time = "OS_MONTHS"\ntime_unit = "months"\nevent = "OS_STATUS"'
    text = STUDY.format(data=f'cbioportal = {{ folder = "{folder.name}" }}', endpoint=endpoint)
    (folder.parent / "study.toml").write_text(text, encoding="utf-8")


def write_tables(folder: Path, patients: int) -> None:
    """Write the SYNTHETIC patients, specimens and mutations of a study as CSV tables and a MAF."""
    rng = np.random.default_rng(3)
    folder.mkdir()
    lines = ["patient_id,os_months,os_status,age,sex,site"]
    months, age = rng.integers(1, 90, size=patients), rng.integers(20, 89, size=patients)
    flag = rng.integers(2, size=(patients, 3))
    lines += [
        f"P-{i:07d},{months[i]},{flag[i, 0]},{age[i]},{'FM'[flag[i, 1]]},{'AB'[flag[i, 2]]}"
        for i in range(patients)
    ]
    (folder / "patients.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ["specimen_id,patient_id,panel"]
    lines += [f"P-{i:07d}-T01,P-{i:07d},PANEL" for i in range(patients)]
    (folder / "specimens.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    panel = "stable_id: PANEL\ndescription: SYNTHETIC\ngene_list: " + "\t".join(GENES) + "\n"
    (folder / "panel.txt").write_text(panel, encoding="utf-8")
    write_maf(folder / "mutations.maf", CALLS * patients, patients)
    data = "\n".join(
        f'{table} = {{ file = "{file}" }}'
        for table, file in (
            ("patients", "patients.csv"),
            ("specimens", "specimens.csv"),
            ("mutations", "mutations.maf"),
            ("panels", "panel.txt"),
        )
    )
    endpoint = 'time = "os_months"\ntime_unit = "months"\nevent = "os_status"'
    text = STUDY.format(data=data, endpoint=endpoint)
    (folder / "study.toml").write_text(text, encoding="utf-8")


def measure(kind: str, path: Path) -> None:
    """Read one file or folder and print what it cost; runs in a process of its own."""
    from embogen.io.cbioportal import read_cbioportal  # noqa: PLC0415 - what is measured
    from embogen.io.maf import read_maf  # noqa: PLC0415 - what is measured
    from embogen.study.assemble import assemble  # noqa: PLC0415 - what is measured
    from embogen.study.parse import read_study  # noqa: PLC0415 - what is measured

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    if kind == "maf":
        rows = read_maf(path.name, folder=path.parent)[0].calls.height
    elif kind == "folder":
        rows = read_cbioportal(path).cohort.patients.height
    else:
        found = assemble(read_study(path))
        found.findings()
        rows = len(found.data.patient_ids)
    seconds = time.perf_counter() - start
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    size = sum(item.stat().st_size for item in [path, *path.rglob("*")] if item.is_file())
    sys.stdout.write(
        f"{kind} {path.name}: {rows} rows, {size / 1e6:.0f} MB, {seconds:.2f} s, peak "
        f"{peak / 1e6:.0f} MB above the start ({peak / size:.2f} x the file)\n"
    )


def main() -> None:
    """Write the files, and measure each in a fresh process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("patients", nargs="?", type=int, default=25_000)
    parser.add_argument("--measure", nargs=2, metavar=("KIND", "PATH"))
    given = parser.parse_args()
    if given.measure:
        measure(given.measure[0], Path(given.measure[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        maf, portal, tables = (Path(folder) / name for name in ("large.maf", "portal", "tables"))
        portal.mkdir()
        write_maf(maf, given.rows, 20_000)
        packed = maf.with_suffix(".maf.gz")
        with maf.open("rb") as plain, gzip.open(packed, "wb", compresslevel=6) as out:
            shutil.copyfileobj(plain, out)
        write_folder(portal / "study", given.patients)
        write_tables(tables, given.patients)
        for kind, path in (
            ("maf", maf),
            ("maf", packed),
            ("folder", portal / "study"),
            ("check", portal),
            ("check", tables),
        ):
            for _ in range(3):
                command = [sys.executable, __file__, "--measure", kind, str(path)]
                subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
