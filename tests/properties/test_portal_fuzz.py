"""Files of the portals, damaged at random: the right answer or a DataError, never a traceback."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embogen.errors import DataError, DataProblem
from embogen.io.cbioportal import CbioportalStudy, read_cbioportal
from embogen.io.cbioportal.rules import folder_problems
from embogen.io.genie import read_genomic_information
from embogen.io.genie_bpc import read_genie_bpc
from embogen.io.maf import read_maf
from embogen.io.tables import read_cohort
from embogen.io.vcf import read_vcf

QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
PORTAL = {
    "data_clinical_patient.txt": (
        "#P\tO\tM\tA\n#P\tO\tM\tA\n#STRING\tSTRING\tNUMBER\tNUMBER\n#1\t1\t1\t1\n"
        "PATIENT_ID\tOS_STATUS\tOS_MONTHS\tAGE\na\t1:DECEASED\t12.5\t>89\nb\t0:LIVING\t7\t50\n"
    ),
    "data_clinical_sample.txt": (
        "#P\tS\n#P\tS\n#STRING\tSTRING\n#1\t1\nPATIENT_ID\tSAMPLE_ID\na\ta1\na\ta2\nb\tb1\n"
    ),
    "data_mutations.txt": (
        "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\tHGVSp_Short\n"
        "TP53\tMissense_Mutation\ta1\tp.R175H\nMEN1\tNonsense_Mutation\tb1\tp.Q5*\n"
    ),
    "data_cna.txt": "Hugo_Symbol\ta1\ta2\tb1\nDAXX\t-2\t-1.5\tNA\nATRX\t0\t1\t2\n",
    "data_sv.txt": (
        "Sample_Id\tSV_Status\tSite1_Hugo_Symbol\tSite2_Hugo_Symbol\na1\tSOMATIC\tEWSR1\tERG\n"
    ),
    "data_gene_panel_matrix.txt": "SAMPLE_ID\tmutations\na1\tP1\na2\tNA\nb1\tWXS\n",
    "data_gene_panel_p1.txt": "stable_id: P1\ndescription: x\ngene_list: TP53\tMEN1\n",
    "data_timeline_status.txt": (
        "PATIENT_ID\tSTART_DATE\tSTOP_DATE\tEVENT_TYPE\tSTATUS\na\t31\t\tSTATUS\tPD\n"
        "a\t90\t\tSTATUS\tDECEASED\nb\t5\t9\tTREATMENT\t\n"
    ),
    "meta_study.txt": "type_of_cancer: mixed\ncancer_study_identifier: s\n",
    "case_lists/cases_sequenced.txt": "stable_id: s_sequenced\ncase_list_ids: a1\tb1\n",
}
CSQ = (
    b'##INFO=<ID=CSQ,Number=.,Type=String,Description="Format: Allele|Consequence|SYMBOL|HGVSp|'
    b'PICK">\n'
)
FRAGMENT = st.sampled_from(
    [
        *(text.encode() for text in PORTAL.values()),
        *(line.encode() + b"\n" for text in PORTAL.values() for line in text.splitlines()),
        b"genetic_alteration_type: CLINICAL\ndatatype: TIMELINE\ndata_filename: data_sv.txt\n",
        b"data_filename: /etc/passwd\n",
        *(b"\t", b"\n", b"\r\n", b"\r", b"#", b'"', b":", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00"),
        *(b"\xe9", b"\xc2\x85", b"\xe2\x80\xa8", b"nan", b"inf", b"1e400", b"-0", b">", b"=1+1"),
    ]
)
BYTES = st.lists(FRAGMENT | st.binary(max_size=6), max_size=10).map(b"".join)


def lay(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def study(folder: Path, **changed: bytes) -> Path:
    files = {name: text.encode() for name, text in PORTAL.items()}
    return lay(folder, {**files, **changed})


def problems_of(act: Callable[[], object]) -> tuple[DataProblem, ...]:
    """Do it, and return what was wrong with the data; any other exception goes through."""
    try:
        act()
    except DataError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("name", [*PORTAL, "meta_x.txt"])
@given(data=BYTES)
@QUICK
def test_any_bytes_in_a_study_folder_are_read_or_named(name: str, data: bytes):
    with tempfile.TemporaryDirectory() as folder:
        path = study(Path(folder) / "s", **{name: data})
        for problem in problems_of(lambda: read_cbioportal(path)):
            assert problem.file.split("/")[0] in {"s", "study", "timeline"}
            assert folder not in str(problem)
        folder_problems(path)  # whatever it finds, it says


@given(
    table=st.sampled_from(["patient_level_dataset", "cancer_level_dataset_index", "imaging"]),
    data=st.lists(
        st.sampled_from(
            [
                b"record_id,ca_seq,os_dx_status,tt_os_dx_days\n",
                b"record_id,dx_scan_days,image_ca,image_overall,image_casite1\n",
                b"p1,1,1,700\n",
                b"p1,90,Yes,Progressing/Worsening/Enlarging,C22.0 Liver\n",
                b'"',
                b",",
                b"\n",
                b"\xff\xfe",
            ]
        )
        | st.binary(max_size=6),
        max_size=8,
    ).map(b"".join),
)
@QUICK
def test_any_bytes_in_a_bpc_release_are_read_or_named(table: str, data: bytes):
    files = {
        "patient_level_dataset.csv": b"record_id\np1\n",
        "cancer_level_dataset_index.csv": (
            b"record_id,ca_seq,os_dx_status,tt_os_dx_days\np1,0,1,700\n"
        ),
    }
    name = "imaging_level_dataset.csv" if table == "imaging" else f"{table}.csv"
    with tempfile.TemporaryDirectory() as folder:
        lay(Path(folder) / "bpc", {**files, name: data})

        def read() -> None:
            read_cohort(read_genie_bpc("bpc", folder=Path(folder)).sources)

        for problem in problems_of(read):
            assert folder not in str(problem)


@given(data=BYTES)
@QUICK
def test_any_bytes_of_regions_are_read_or_named(data: bytes):
    with tempfile.TemporaryDirectory() as folder:
        lay(Path(folder), {"g.txt": data})
        found = problems_of(lambda: read_genomic_information("g.txt", folder=Path(folder)))
        assert all(problem.file == "g.txt" for problem in found)


@pytest.mark.skipif(
    importlib.util.find_spec("pysam") is None,
    reason="pysam is not installed: it is the optional extra vcf",
)
@given(
    data=st.lists(
        st.sampled_from(
            [
                b"##fileformat=VCFv4.2\n",
                CSQ,
                b'##FORMAT=<ID=AD,Number=R,Type=Integer,Description="x">\n',
                b"##contig=<ID=1>\n",
                b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNORMAL\tTUMOR\n",
                b"1\t5\t.\tC\tT,G\t.\tPASS\tCSQ=T|missense_variant|TP53|p.Arg1His|\tAD\t9,0,0\t5,5,1\n",
                b"1\tx\t.\tC\n",
                b"\t",
                b"\n",
            ]
        )
        | st.binary(max_size=4),
        max_size=9,
    ).map(b"".join)
)
@QUICK
def test_any_bytes_of_a_vcf_are_read_or_named(data: bytes):
    with tempfile.TemporaryDirectory() as folder:
        lay(Path(folder), {"a.vcf": data})
        found = problems_of(lambda: read_vcf("a.vcf", folder=Path(folder)))
        assert all(problem.file == "a.vcf" for problem in found)


def turned(text: str, seed: int) -> str:
    """Put data rows and columns in another order; comment rows go with their columns."""
    lines = [line.split("\t") for line in text.splitlines()]
    comments = [line for line in lines if line[0].startswith("#")]
    header, *rows = lines[len(comments) :]
    dice = np.random.default_rng(seed)
    order = dice.permutation(len(header))
    rows = [rows[i] for i in dice.permutation(len(rows))]
    plain = [[line[0][1:], *line[1:]] for line in comments]
    head = ["#" + "\t".join(line[i] for i in order) for line in plain]
    return "\n".join([*head, *("\t".join(r[i] for i in order) for r in (header, *rows))]) + "\n"


HARMLESS: dict[str, Callable[[bytes, int], bytes]] = {
    "mark": lambda data, _: b"\xef\xbb\xbf" + data,
    "carriage returns": lambda data, _: data.replace(b"\n", b"\r\n"),
    "no last line end": lambda data, _: data.rstrip(b"\n"),
    "blank lines": lambda data, _: data + b"\n\n",
    "order": lambda data, seed: turned(data.decode(), seed).encode(),
}


def content(read: CbioportalStudy) -> dict[str, list[tuple[object, ...]]]:
    """Return what a study says, without rows of files and in one order."""
    assert read.calls is not None
    assert read.cohort.specimens is not None
    assert read.cohort.timeline is not None
    frames = {
        "patients": read.cohort.patients.drop("source_row"),
        "specimens": read.cohort.specimens.drop("source_row"),
        "timeline": read.cohort.timeline.drop("timeline_row"),
        "calls": read.calls.calls.drop("source_row"),
    }
    return {
        name: sorted(map(repr, frame.select(sorted(frame.columns)).rows()))
        for name, frame in frames.items()
    }


@pytest.mark.parametrize("change", HARMLESS)
@given(
    name=st.sampled_from([n for n in PORTAL if "\t" in PORTAL[n].splitlines()[0]]),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_what_changes_no_content_changes_no_answer(change: str, name: str, seed: int):
    with tempfile.TemporaryDirectory() as folder:
        plain = read_cbioportal(study(Path(folder) / "a" / "s"))
        data = HARMLESS[change](PORTAL[name].encode(), seed)
        other = read_cbioportal(study(Path(folder) / "b" / "s", **{name: data}))
        assert content(other) == content(plain)


HARMFUL: dict[str, Callable[[str], bytes]] = {
    "utf-16": lambda text: text.encode("utf-16"),
    "latin-1": lambda text: text.replace("a1", "é1").encode("latin-1"),
    "short row": lambda text: (text.rstrip("\n").rpartition("\t")[0] + "\n").encode(),
    "long row": lambda text: (text.rstrip("\n") + "\tx\n").encode(),
    "line break in a cell": lambda text: (text.rstrip("\n") + '\n"x\ny"\n').encode(),
    "zero byte": lambda text: (text + "\0").encode(),
    "header twice": lambda text: (
        "\n".join(
            line if line.startswith("#") else line + "\t" + line.split("\t")[0]
            for line in text.splitlines()
        )
        + "\n"
    ).encode(),
}


@pytest.mark.parametrize("name", [n for n in PORTAL if n.startswith("data_") and "_p1" not in n])
@pytest.mark.parametrize("harm", HARMFUL)
def test_every_damage_is_named_with_its_file(tmp_path: Path, name: str, harm: str):
    data = HARMFUL[harm](PORTAL[name])
    if harm == "latin-1" and b"\xe9" not in data:
        data = PORTAL[name].replace("\n", "\xe9\n", 1).encode("latin-1")
    if harm == "header twice" and name.startswith("data_clinical"):
        data = (
            data.replace(b"#P", b"#P\tP").replace(b"#ST", b"#STRING\tST").replace(b"#1", b"#1\t1")
        )
    found = problems_of(lambda: read_cbioportal(study(tmp_path / "s", **{name: data})))
    assert f"s/{name}" in {problem.file for problem in found}


@pytest.mark.parametrize("name", ["data_clinical_sample.txt", "data_timeline_status.txt", "maf"])
def test_a_cell_of_ten_megabytes_is_read_or_named(tmp_path: Path, name: str):
    huge = "x" * (10 * 2**20)
    if name == "maf":
        text = PORTAL["data_mutations.txt"].replace("p.R175H", huge)
        lay(tmp_path, {"m.maf": text.encode()})
        calls, _ = read_maf("m.maf", folder=tmp_path)
        assert calls.calls["protein_change"].str.len_chars().max() == len(huge)
        return
    path = study(tmp_path / "s", **{name: PORTAL[name].replace("a\t", f"{huge}\t", 1).encode()})
    found = problems_of(lambda: read_cbioportal(path))
    assert found
    assert all(len(str(problem)) < 500 for problem in found)


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["TP53", "MEN1 ", " DAXX", "É1"]),
            st.sampled_from(["Missense_Mutation", "silent", " Splice_Site"]),
            st.sampled_from(["s1", "s2 "]),
        ),
        max_size=6,
    ),
    extra=st.sampled_from(["", "\n", "#a comment\n", "\n\n"]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=100)
def test_the_quick_way_through_a_maf_and_the_slow_one_agree(
    rows: list[tuple[str, str, str]], extra: str, newline: str
):
    """Tidy files are not looked at line by line; a comment in between forces the slow way."""
    header = "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode"
    lines = ["\t".join(row) for row in rows]
    quick = newline.join([header, *lines, ""])
    slow = newline.join([header, *lines, ""]) + extra + "A\tSilent\ts1" + newline
    with tempfile.TemporaryDirectory() as folder:
        lay(Path(folder), {"q.maf": quick.encode(), "s.maf": slow.encode()})
        tidy = read_maf("q.maf", folder=Path(folder))[0].calls
        other = read_maf("s.maf", folder=Path(folder))[0].calls
    assert other.head(tidy.height).equals(tidy)
    assert tidy["gene"].to_list() == [gene.strip() for gene, _, _ in rows]
    assert isinstance(tidy, pl.DataFrame)
