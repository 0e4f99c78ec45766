"""Write the small PLINK files of this folder with pgenlib, PLINK 2's own library.

pgenlib is no dependency of embogen or its tests. To make the files again: install pgenlib and numpy
into an environment of their own, and run this script in this folder.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

try:
    import pgenlib
except ImportError:  # the tests, which only read the files, look into every module for doctests
    pgenlib = None

FOLDER = Path(__file__).parent


def calls_of(n: int, rng: np.random.Generator) -> np.ndarray:
    """Variants that make pgenlib use every way of storing a record it writes."""
    rare = np.where(rng.random(n) < 0.02, rng.integers(1, 4, n), 0)
    plain = rng.integers(0, 4, n)
    half = rng.choice([0, 1], n)
    half[:3] = (2, 3, 2)
    changed = plain.copy()
    changed[rng.choice(n, max(1, n // 50), replace=False)] = 3
    inverted = np.array([2, 1, 0, 3])[plain]
    inverted[n // 2] = (inverted[n // 2] + 1) % 4
    common = np.where(rng.random(n) < 0.02, rng.integers(0, 2, n), 2)
    missing = np.where(rng.random(n) < 0.02, rng.integers(0, 3, n), 3)
    two_zero = rng.choice([0, 2], n)
    het_alt = rng.choice([1, 2], n)
    zero_missing = rng.choice([0, 3], n)
    het_missing = rng.choice([1, 3], n)
    alt_missing = rng.choice([2, 3], n)
    everybody = np.zeros(n, int)
    table = [
        rare, plain, changed, plain, inverted, half, common, missing, two_zero, het_alt,
        zero_missing, het_missing, alt_missing, everybody, rare, rare,
    ]  # fmt: skip
    return np.array(table, dtype=np.int8)


def with_missing_as_pgenlib_has_it(calls: np.ndarray) -> np.ndarray:
    return np.where(calls == 3, -9, calls).astype(np.int8)


def write_sides(stem: str, n: int, alleles: list[tuple[str, str]]) -> None:
    people = "".join(f"F{i}\tS{i}\t1\n" for i in range(n))
    (FOLDER / f"{stem}.psam").write_text("#FID\tIID\tSEX\n" + people, encoding="utf-8")
    rows = "".join(f"1\t{100 + j}\trs{j}\t{ref}\t{alt}\n" for j, (ref, alt) in enumerate(alleles))
    text = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n" + rows
    (FOLDER / f"{stem}.pvar").write_text(text, encoding="utf-8")


def write_calls(stem: str, calls: np.ndarray) -> None:
    variants, n = calls.shape
    with pgenlib.PgenWriter(
        str(FOLDER / f"{stem}.pgen").encode(), n, variant_ct=variants, nonref_flags=False
    ) as writer:
        for row in with_missing_as_pgenlib_has_it(calls):
            writer.append_biallelic(np.ascontiguousarray(row))
    np.savez_compressed(FOLDER / f"{stem}.npz", calls=calls)


def write_fixed(calls: np.ndarray) -> None:
    """Records of equal width, packed here and read back by pgenlib: PLINK 1 and PLINK 2's own."""
    variants, n = calls.shape
    for name, meaning, head in (
        ("fixed.bed", [3, 2, 0, 1], b"\x6c\x1b\x01"),
        (
            "fixed.pgen",
            [0, 1, 2, 3],
            b"\x6c\x1b\x02" + np.array([variants, n], "<u4").tobytes() + b"\x40",
        ),
    ):
        bits = np.array(meaning)[calls]
        padded = np.pad(bits, ((0, 0), (0, -n % 4))).reshape(variants, -1, 4)
        packed = (padded << np.array([0, 2, 4, 6])).sum(axis=2).astype(np.uint8)
        (FOLDER / name).write_bytes(head + packed.tobytes())
        back = np.empty((variants, n), np.int8)
        with pgenlib.PgenReader(str(FOLDER / name).encode(), raw_sample_ct=n) as reader:
            for j in range(variants):
                reader.read(j, back[j])
        if not np.array_equal(np.where(back == -9, 3, back), calls):
            raise AssertionError(name)
    np.savez_compressed(FOLDER / "fixed.npz", calls=calls)
    write_sides("fixed", n, [("A", "C")] * variants)
    people = "".join(f"F{i} S{i} 0 0 1 -9\n" for i in range(n))
    (FOLDER / "fixed.fam").write_text(people, encoding="utf-8")
    rows = "".join(f"1\trs{j}\t0\t{100 + j}\tC\tA\n" for j in range(variants))
    (FOLDER / "fixed.bim").write_text(rows, encoding="utf-8")


def write_alleles(n: int, rng: np.random.Generator) -> None:
    """Three alleles, with and without phase, after a variant of two."""
    first = rng.integers(0, 2, (3, n, 2))
    first[1] = rng.integers(0, 3, (n, 2))
    first[2] = rng.integers(0, 3, (n, 2))
    first[1, :4] = -9
    with pgenlib.PgenWriter(
        str(FOLDER / "alleles.pgen").encode(),
        n,
        variant_ct=3,
        nonref_flags=False,
        allele_ct_limit=3,
        hardcall_phase_present=True,
    ) as writer:
        for j, count in enumerate((2, 3, 3)):
            flat = np.ascontiguousarray(first[j].reshape(-1), dtype=np.int32)
            writer.append_alleles(flat, all_phased=j == 2, allele_ct=count)
    calls = np.where((first < 0).any(axis=2), 3, (first > 0).sum(axis=2)).astype(np.int8)
    np.savez_compressed(FOLDER / "alleles.npz", calls=calls)
    write_sides("alleles", n, [("A", "C"), ("A", "C,G"), ("A", "C,T")])


def write_dosages(n: int, rng: np.random.Generator) -> None:
    with pgenlib.PgenWriter(
        str(FOLDER / "dosages.pgen").encode(),
        n,
        variant_ct=1,
        nonref_flags=False,
        dosage_present=True,
    ) as writer:
        writer.append_dosages(rng.uniform(0, 2, n).astype(np.float32))
    write_sides("dosages", n, [("A", "C")])


def main() -> None:
    rng = np.random.default_rng(20261127)
    for stem, n in (("few", 7), ("some", 300)):
        calls = calls_of(n, rng)
        write_calls(stem, calls)
        write_sides(stem, n, [("A", "C")] * len(calls))
    write_fixed(calls_of(13, rng))
    n = 70_000
    many = np.zeros((3, n), np.int8)
    many[0, rng.choice(n, 400, replace=False)] = rng.integers(1, 4, 400)
    many[1] = many[0]
    many[1, rng.choice(n, 30, replace=False)] = 2
    many[2] = 2 - many[0] % 3
    write_calls("many", many)
    write_alleles(60, rng)
    write_dosages(9, rng)


if __name__ == "__main__":
    main()
