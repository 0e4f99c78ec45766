"""How often every printed p-value rejects when nothing is there, and how often intervals hold.

    python benchmarks/calibration.py [--out FILE] [--scale 1.0] [--seed 1] [--part NAME]

35 patients with 3, 6, 9 or 17 carriers, 20 to 33 events, times in days or in visits, a third
entering late; the gene alone, adjusted for grade, in strata of primary site; other endpoints.
Seeded: every job has a stream of its own, so a part alone gives the same figures. With --out each
finished job is kept, and a run that was stopped goes on where it was. Standard errors are taken
over outcomes, which are independent; one outcome serves many carrier sets.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("NUMBA_NUM_THREADS", "1")  # one process per core instead

import calibration_adjusted as adjusted
import calibration_alone as alone
import calibration_other as other
import numpy as np
from calibration_adjusted import Relation
from calibration_studies import CARRIERS, FEW, LATE, MANY, SETTINGS, VISITS, Setting

PARTS = ("alone", "coverage", "power", "adjusted", "adjusted power", "stratified", "other")


class Row(NamedTuple):
    """Rates of one test or interval: means and standard errors, level by level."""

    part: str
    design: str
    column: str
    name: str
    mean: list[float]
    error: list[float]


class Job(NamedTuple):
    name: str
    run: Callable[..., list[Row]]
    arguments: tuple[Any, ...]


def rows_of(part: str, design: str, column: str, shares: alone.Shares) -> list[Row]:
    out = []
    for name, values in shares.items():
        rates = np.array(values)
        error = rates.std(axis=0, ddof=1) / len(rates) ** 0.5
        out.append(Row(part, design, column, name, rates.mean(axis=0).tolist(), error.tolist()))
    return out


def null_rows(rng: np.random.Generator, setting: Setting, k: int, outcomes: int) -> list[Row]:
    shares, _ = alone.null_shares(rng, setting, k, outcomes)
    return rows_of("alone", setting.name, f"{k}", shares)


def effect_rows(
    rng: np.random.Generator, setting: Setting, k: int, counts: tuple[int, int], reference: int
) -> list[Row]:
    coverage, power = alone.effect_shares(rng, setting, k, counts, reference)
    out = []
    for ratio in alone.HAZARD_RATIOS:
        design = f"{setting.name}, HR {'1/3' if ratio < 1 else f'{ratio:.0f}'}"
        out += rows_of("coverage", design, f"{k}", coverage[ratio])
        if ratio in {3.0, 1 / 3}:
            out += rows_of("power", design, f"{k}", power[ratio])
    return out


def adjusted_rows(rng: np.random.Generator, relation: Relation, outcomes: int) -> list[Row]:
    shares, exact = adjusted.adjusted_shares(rng, relation, outcomes, 2)
    shares["share of studies permuted within grades"] = [np.full(3, exact)] * 2
    return rows_of("adjusted", relation_name(relation), f"{relation.k}", shares)


def adjusted_power_rows(rng: np.random.Generator, relation: Relation, replicates: int) -> list[Row]:
    shares, _ = adjusted.adjusted_power(rng, relation, replicates)
    del shares["not adjusted"]
    design = f"{relation_name(relation)}, HR {'1/3' if relation.hazard_ratio < 1 else '3'}"
    return rows_of("adjusted power", design, f"{relation.k}", shares)


def relation_name(relation: Relation) -> str:
    close = {0.0: "gene unrelated to grade", 1.5: "gene follows grade", 3.0: "gene follows closely"}
    return f"{relation.setting.name}, {close[relation.slope]}"


def stratified_rows(rng: np.random.Generator, setting: Setting, k: int, outcomes: int) -> list[Row]:
    shares = adjusted.stratified_shares(rng, setting, k, outcomes, 3)
    return rows_of("stratified", setting.name, f"{k}", shares)


def other_rows(rng: np.random.Generator, setting: Setting, k: int, replicates: int) -> list[Row]:
    return rows_of("other", setting.name, f"{k}", other.other_shares(rng, setting, k, replicates))


def family_rows(rng: np.random.Generator, setting: Setting, replicates: int) -> list[Row]:
    return rows_of("other", setting.name, "6", other.family_shares(rng, setting, replicates))


def jobs(scale: float) -> Iterator[Job]:
    """Every job, the longest first; the numbers are outcomes at full scale."""

    def number(full: int) -> int:
        return max(4, round(full * scale))

    for setting in SETTINGS:
        for k, full in ((6, 150), (3, 400), (9, 400), (17, 400)):
            yield Job(f"alone {setting.name} {k}", null_rows, (setting, k, number(full)))
    yield Job(f"effect {LATE.name} 6", effect_rows, (LATE, 6, (number(4000), 1), 4999))
    for setting in (MANY, FEW, VISITS):
        for k in CARRIERS:
            counts = (number(300), 400)
            yield Job(f"effect {setting.name} {k}", effect_rows, (setting, k, counts, 10_000))
    yield from adjusted_jobs(number)
    for setting in (MANY, FEW):
        for k in CARRIERS:
            yield Job(f"stratified {setting.name} {k}", stratified_rows, (setting, k, number(1500)))
            yield Job(f"other {setting.name} {k}", other_rows, (setting, k, number(4000)))
        yield Job(f"family {setting.name}", family_rows, (setting, number(6000)))


def adjusted_jobs(number: Callable[[int], int]) -> Iterator[Job]:
    for relation in adjusted.RELATIONS:
        name = f"{relation_name(relation)} {relation.k}"
        yield Job(f"adjusted {name}", adjusted_rows, (relation, number(1500)))
        if relation.setting != FEW and relation.slope < 2 and relation.k < 17:
            for ratio in (3.0, 1 / 3):
                changed = relation._replace(hazard_ratio=ratio)
                arguments = (changed, number(3000))
                yield Job(f"adjusted power {name} {ratio:.3f}", adjusted_power_rows, arguments)


def call(job: Job, seed: int) -> tuple[str, list[Row]]:
    rng = np.random.default_rng([seed, zlib.crc32(job.name.encode())])
    return job.name, job.run(rng, *job.arguments)


def figures(values: list[float]) -> str:
    """Write rates with one digit more at each smaller level."""
    digits = range(3, 3 + len(values)) if len(values) > 1 else [4]
    return " / ".join(
        f"{value:.{d}f}".removeprefix("0") for value, d in zip(values, digits, strict=False)
    )


def tables(rows: list[Row]) -> str:
    """Lay rates out: one table per part and design, a line per test, a column per carriers."""
    out = []
    for part in PARTS:
        mine = [row for row in rows if row.part == part]
        for design in dict.fromkeys(row.design for row in mine):
            here = [row for row in mine if row.design == design]
            columns = sorted({row.column for row in here}, key=int)
            out.append(f"\n## {part}: {design}\n")
            out.append("| carriers | " + " | ".join(columns) + " | largest standard error |")
            out.append("|---" * (len(columns) + 2) + "|")
            for name in dict.fromkeys(row.name for row in here):
                cells = {row.column: row for row in here if row.name == name}
                found = [figures(cells[c].mean) if c in cells else "" for c in columns]
                worst = np.max([row.error for row in cells.values()], axis=0)
                error = " / ".join(f"{value:.1g}" for value in worst).replace("0.", ".")
                out.append(f"| {name} | " + " | ".join(found) + f" | {error} |")
    return "\n".join(out)


def kept(path: Path | None, head: dict[str, float]) -> dict[str, list[Row]]:
    """Read the jobs a stopped run has finished."""
    if path is None or not path.exists():
        return {}
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    if json.loads(first) != head:
        sys.exit(f"{path}: made with {first}; give another file.")
    found = [json.loads(line) for line in lines]
    return {item["job"]: [Row(*row) for row in item["rows"]] for item in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of outcomes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="", help="only jobs whose name begins so")
    parser.add_argument("--out", type=Path, default=None, help="keeps finished jobs")
    options = parser.parse_args()
    head = {"seed": options.seed, "scale": options.scale}
    done = kept(options.out, head)
    if options.out and not done:
        options.out.write_text(json.dumps(head) + "\n", encoding="utf-8")
    every = [job for job in jobs(options.scale) if job.name.startswith(options.part)]
    wanted = [job for job in every if job.name not in done]
    with ProcessPoolExecutor(2) as pool:
        running = [pool.submit(call, job, options.seed) for job in wanted]
        for count, future in enumerate(as_completed(running)):
            name, rows = future.result()
            done[name] = rows
            print(f"{count + 1} of {len(wanted)}: {name}", file=sys.stderr, flush=True)
            if options.out:
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"job": name, "rows": rows}) + "\n")
    print(tables([row for job in every for row in done[job.name]]))


if __name__ == "__main__":
    main()
