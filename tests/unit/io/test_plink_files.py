"""PLINK files as features: what pgenlib wrote is read, and damage is named."""

from __future__ import annotations

import pickle
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dense_features import dense
from embogen.errors import DataError
from embogen.io.genotype_features import GenotypeFeatures
from embogen.io.genotype_names import read_samples, read_variants
from embogen.io.pgen_records import Damaged, decode_record, read_difflist
from embogen.io.plink_bed import read_plink_bed
from embogen.io.plink_pgen import read_plink_pgen

FILES = Path(__file__).parent / "plink"
READERS = {"bed": read_plink_bed, "pgen": read_plink_pgen}


def calls_of(stem: str) -> np.ndarray:
    with np.load(FILES / f"{stem}.npz") as stored:
        return stored["calls"].astype(int)


def expected(calls: np.ndarray) -> np.ndarray:
    """(n, G) copies of the rarer allele, NaN without a call, worked out cell by cell."""
    out = np.where(calls == 3, np.nan, calls).T.astype(float)
    for j in range(out.shape[1]):
        if np.nansum(out[:, j]) > np.nansum(2 - out[:, j]):
            out[:, j] = 2 - out[:, j]
    return out


def opened(name: str, folder: Path = FILES, **changes: object) -> GenotypeFeatures:
    stem, kind = name.split(".")
    if "patients" not in changes:
        changes["patients"] = [f"S{i}" for i in range(calls_of(stem).shape[1])]
    return READERS[kind](name, folder=folder, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["few.pgen", "some.pgen", "fixed.pgen", "fixed.bed"])
@pytest.mark.parametrize("step", [1, 5, 16])
def test_every_call_is_the_one_that_was_written(name, step):
    calls = calls_of(name.split(".")[0])
    source = opened(name)
    assert np.array_equal(dense(source, step), expected(calls), equal_nan=True)
    again = pickle.loads(pickle.dumps(source))  # noqa: S301 - made here
    assert np.array_equal(dense(again, step), expected(calls), equal_nan=True)


def test_sample_numbers_of_three_bytes_are_read(tmp_path):
    calls = calls_of("many")
    n = calls.shape[1]
    shutil.copy(FILES / "many.pgen", tmp_path)
    (tmp_path / "many.psam").write_text("#IID\n" + "\n".join(f"S{i}" for i in range(n)), "utf-8")
    rows = "".join(f"1\t{j}\trs{j}\tA\tC\n" for j in range(3))
    (tmp_path / "many.pvar").write_text("#CHROM\tPOS\tID\tREF\tALT\n" + rows, "utf-8")
    source = opened("many.pgen", tmp_path)
    assert np.array_equal(dense(source), expected(calls), equal_nan=True)
    assert source.names == ("rs0_C", "rs1_C", "rs2_A")


def test_alternative_alleles_count_together_and_phase_is_passed_over():
    calls = calls_of("alleles")
    source = opened("alleles.pgen")
    values = dense(source)
    assert np.array_equal(values[:, 1:], np.where(calls == 3, np.nan, calls).T[:, 1:], True)
    assert source.names[1:] == ("rs1_C,G", "rs2_C,T")


def test_the_rarer_allele_of_the_patients_is_counted_and_named():
    source = opened("some.pgen")
    calls = calls_of("some")
    for name, variant in zip(source.names, calls, strict=True):
        known = variant[variant != 3]
        assert name.endswith("_A" if known.sum() > len(known) else "_C")
    values = dense(source)
    entries = (np.nan_to_num(values) > 0).sum(axis=0) + np.isnan(values).sum(axis=0)
    assert source.sizes().tolist() == entries.tolist()


def test_dominant_coding_counts_carriers():
    both = dense(opened("some.pgen"))
    source = opened("some.pgen", coding="dominant")
    assert source.block(0, 2).values is None
    carried = np.where(np.isnan(both), np.nan, both > 0)
    assert np.array_equal(dense(source), carried, equal_nan=True)
    assert source.fingerprint != opened("some.pgen").fingerprint


def test_patients_come_in_their_own_order_and_those_without_a_sample_are_not_tested():
    calls = calls_of("fixed")
    patients = ["S12", "nobody", *(f"S{i}" for i in range(12))]
    source = opened("fixed.bed", patients=patients)
    values = dense(source)
    whole = expected(calls)
    assert np.isnan(values[1]).all()
    assert np.array_equal(values[0], whole[12], equal_nan=True)
    assert np.array_equal(values[2:], whole[:12], equal_nan=True)


def test_samples_who_are_no_patients_are_refused_or_passed_over():
    patients = [f"S{i}" for i in range(10)]
    with pytest.raises(DataError, match=r'fixed\.fam: "S10" is no patient'):
        opened("fixed.bed", patients=patients)
    source = opened("fixed.bed", patients=patients, others="pass_over")
    assert np.array_equal(dense(source), expected(calls_of("fixed")[:, :10]), equal_nan=True)
    with pytest.raises(DataError, match="holds no patient of the study"):
        opened("fixed.bed", patients=["x"], others="pass_over")


def test_files_with_dosages_are_refused_with_a_remedy():
    with pytest.raises(DataError, match=r"holds dosages.*erase-dosage"):
        opened("dosages.pgen", patients=[f"S{i}" for i in range(9)])


def copied(tmp_path: Path, stem: str = "fixed") -> Path:
    for file in FILES.glob(f"{stem}.*"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("fixed.bed", lambda data: data[:-1], "has 66 bytes, and 13 samples and 16 variants take"),
        ("fixed.bed", lambda data: data + b"\0", "has 68 bytes"),
        ("fixed.bed", lambda data: b"\x6c\x1b\x00" + data[3:], "is stored by sample"),
        ("fixed.bed", lambda data: b"\x6c\x1c\x01" + data[3:], "does not begin as a PLINK file"),
        ("fixed.bed", lambda _: b"", "does not begin as a PLINK file"),
        ("fixed.pgen", lambda data: data[:-1], "has 75 bytes, and its 16 variants of 13 samples"),
        ("fixed.pgen", lambda data: data[:8], "is cut short"),
        ("fixed.pgen", lambda data: b"\x6c\x1b\x03" + data[3:], "holds dosages"),
        ("fixed.pgen", lambda data: b"\x6c\x1b\x20" + data[3:], "index in another file"),
        ("fixed.pgen", lambda data: b"\x6c\x1b\x00" + data[3:], "is stored by sample"),
        ("fixed.pgen", lambda data: b"\x6c\x1b\x77" + data[3:], "is of a kind .0x77."),
        ("fixed.pgen", lambda data: data[:3] + b"\x05" + data[4:], "has 76 bytes"),
        ("some.pgen", lambda data: data[:-9], "is cut short"),
        ("some.pgen", lambda data: data[:7] + b"\x2d" + data[8:], "of 301 samples, and the files"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, name, change, said):
    copied(tmp_path, name.split(".")[0])
    (tmp_path / name).write_bytes(change((tmp_path / name).read_bytes()))
    with pytest.raises(DataError, match=said):
        opened(name, tmp_path)


def test_a_missing_file_is_named(tmp_path):
    copied(tmp_path)
    (tmp_path / "fixed.bed").unlink()
    with pytest.raises(DataError, match=r"fixed\.bed: there is no such file"):
        opened("fixed.bed", tmp_path)
    (tmp_path / "fixed.bim").unlink()
    (tmp_path / "fixed.fam").unlink()
    with pytest.raises(DataError) as caught:
        opened("fixed.bed", tmp_path)
    assert {problem.file for problem in caught.value.problems} == {"fixed.bim", "fixed.fam"}


@pytest.mark.parametrize("name", ["fixed.bed", "fixed.pgen", "some.pgen", "alleles.pgen"])
@given(data=st.data())
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_files_give_an_answer_or_a_data_error(name, data):
    stem = name.split(".")[0]
    target = data.draw(st.sampled_from(sorted(FILES.glob(f"{stem}.*[dmr]")) + [FILES / name] * 4))
    with tempfile.TemporaryDirectory() as folder:
        copied(Path(folder), stem)
        whole = bytearray((FILES / target.name).read_bytes())
        if data.draw(st.booleans()):
            whole = whole[: data.draw(st.integers(0, len(whole)))]
        else:
            for _ in range(data.draw(st.integers(1, 4))):
                at = data.draw(
                    st.integers(0, min(len(whole), 200) - 1) | st.integers(0, len(whole) - 1)
                )
                whole[at] = data.draw(st.integers(0, 255))
        (Path(folder) / target.name).write_bytes(bytes(whole))
        try:
            dense(opened(name, Path(folder)))
        except DataError as error:
            for problem in error.problems:
                assert problem.file.startswith(stem)
                assert folder not in str(problem)


@pytest.mark.parametrize(("form", "lengths"), [(8, [0b00_01_00_00, 0]), (9, [0, 0b0001, 0])])
def test_a_header_that_tells_types_by_length_is_read(tmp_path, form, lengths):
    """Five variants of one sample; the third is of several alleles and a byte longer."""
    head = b"\x6c\x1b\x10" + np.array([5, 1], "<u4").tobytes() + bytes([form | 0x40])
    start = np.array([12 + 8 + len(lengths)], "<u8").tobytes()
    records = bytes([1, 2, 1, 0xFF, 0, 3])
    (tmp_path / "one.pgen").write_bytes(head + start + bytes(lengths) + records)
    (tmp_path / "one.psam").write_text("#IID\nS0\n", "utf-8")
    rows = "".join(f"1\t{j}\trs{j}\tA\tC{',G' * (j == 2)}\n" for j in range(5))
    (tmp_path / "one.pvar").write_text("#CHROM\tPOS\tID\tREF\tALT\n" + rows, "utf-8")
    source = opened("one.pgen", tmp_path, patients=["S0"])
    # the second has two copies of C, so that A is the rarer allele of this patient
    assert np.array_equal(dense(source), [[1, 0, 1, 0, np.nan]], equal_nan=True)


def test_the_example_of_the_specification_is_read():
    """79 samples, 5000 apart, of 488,377: the bytes stand in the specification."""
    head = bytes([0x4F, 0x88, 0x13, 0x00, 0x88, 0xF5, 0x04, 0x3F])
    record = np.frombuffer(head + bytes([0b01010101] * 20) + bytes([0x88, 0x27] * 77), np.uint8)
    samples, values = read_difflist(record, 488_377)
    assert samples.tolist() == list(range(5_000, 395_001, 5_000))
    assert set(values) == {1}
    with pytest.raises(Damaged):
        read_difflist(record[:-1], 488_377)
    with pytest.raises(Damaged, match="out of order"):
        read_difflist(record, 394_000)


@pytest.mark.parametrize(
    ("kind", "record", "said"),
    [
        (0, [], "ends too early"),
        (1, [4, 0, 0], "names no two categories"),
        (2, [0], "is not there"),
        (4, [], "number ends too early"),
        (4, [9, 0, 0], "more samples than there are"),
        (4, [2, 1], "ends too early"),
        (4, [2, 1, 0, 0], "out of order"),
        (4, [128, 128, 128, 128, 128, 1], "number ends too early"),
        (5, [0], "not known"),
    ],
)
def test_records_that_cannot_be_are_refused(kind, record, said):
    with pytest.raises(Damaged, match=said):
        decode_record(kind, np.array(record, np.uint8), 5, None)


def test_ids_that_stand_twice_are_told_apart_by_place_and_alleles(tmp_path):
    (tmp_path / "a.pvar").write_text(
        "#CHROM\tPOS\tID\tREF\tALT\n1\t5\trs1\tA\tC\n1\t5\trs1\tA\tG\n2\t7\t.\tT\tC\n3\t9\trs2\tT\tC\n",
        "utf-8",
    )
    found = read_variants("a.pvar", folder=tmp_path)
    assert found.ids == ("1:5:A:C", "1:5:A:G", "2:7:T:C", "rs2")
    (tmp_path / "a.bim").write_text("1 rs1 0 5 C A\n1 rs1 0 5 C A\n", "utf-8")
    with pytest.raises(DataError, match=r'a\.bim row 2, ID: "1:5:A:C" is the variant of row 1'):
        read_variants("a.bim", folder=tmp_path)


def test_columns_go_by_header_where_there_is_one(tmp_path):
    (tmp_path / "a.psam").write_text("#SEX IID\n1 a\n2 b\n", "utf-8")
    assert read_samples("a.psam", folder=tmp_path) == ("a", "b")
    (tmp_path / "a.psam").write_text("#FID SEX\n1 a\n", "utf-8")
    with pytest.raises(DataError, match='row 1: has no column "IID"'):
        read_samples("a.psam", folder=tmp_path)
    (tmp_path / "a.fam").write_text("f a 0 0 1 1\nf a 0 0 1 1\nf\n", "utf-8")
    with pytest.raises(DataError, match="has 1 columns"):
        read_samples("a.fam", folder=tmp_path)
    (tmp_path / "a.fam").write_text("f a 0 0 1 1\nf a 0 0 1 1\n", "utf-8")
    with pytest.raises(DataError, match='row 2, IID: "a" is the IID of row 1'):
        read_samples("a.fam", folder=tmp_path)
    (tmp_path / "a.pvar").write_bytes(b"\x28\xb5\x2f\xfd123")
    with pytest.raises(DataError, match="compressed by zstd"):
        read_variants("a.pvar", folder=tmp_path)
