"""`embogen scan`, killed and resumed, on threads and on the workers of a real cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from embogen.cli import main
from embogen.scan.engine import scan
from embogen.scan.relabelling import Relabelling
from embogen.study.parse import read_study
from embogen.study.scanning import prepare_scans
from registry_study import registry_study


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registry") / "study"
    return registry_study(folder, patients=1500, genes=60)


@pytest.fixture(scope="module")
def undisturbed(registry: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    out = tmp_path_factory.mktemp("out") / "scans"
    assert main(["scan", str(registry), "--out", str(out)]) == 0
    assert not (out / ".unfinished").exists()
    return pl.read_parquet(out / "genes" / "results.parquet")


def test_a_scan_writes_a_row_for_every_gene(undisturbed: pl.DataFrame) -> None:
    assert undisturbed.height == 60
    assert undisturbed["n_tested"].n_unique() > 1  # panels of several versions
    tested = undisturbed.filter(pl.col("p_value").is_not_null())
    assert tested.height > 30
    assert set(tested["p_method"]) <= {"drawn", "saddlepoint", "linear_saddlepoint", "enumerated"}


def test_a_scan_killed_outright_goes_on_where_it_was(
    registry: Path, undisturbed: pl.DataFrame, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "embogen", "scan", str(registry), "--out", str(tmp_path / "s")]
    command += ["--memory", "0.002"]
    blocks = tmp_path / "s" / ".unfinished" / "genes"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None and len(list(blocks.glob("block-*.npz"))) < 3:
            time.sleep(0.01)
    finally:
        process.kill()  # SIGKILL: nothing can be tidied up
        process.wait()
    assert not (tmp_path / "s" / "genes").exists()
    kept = {file.name: file.stat().st_mtime_ns for file in blocks.glob("block-*.npz")}
    assert len(kept) >= 3
    assert main(command[3:]) == 0
    found = pl.read_parquet(tmp_path / "s" / "genes" / "results.parquet")
    assert_frame_equal(found, undisturbed, check_exact=True)


def test_a_lost_worker_costs_its_blocks_only(registry: Path, undisturbed: pl.DataFrame) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
    from embogen.scan.distributed import Dask  # noqa: PLC0415 - needs the extra

    task = prepare_scans(read_study(registry))[0].task
    killed: list[int] = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        workers = client.run(os.getpid)

        def kill_one(done: int, _all: int) -> None:
            if done and not killed:
                killed.append(next(iter(workers.values())))
                os.kill(killed[0], signal.SIGKILL)

        result = scan(
            task.problems, task.source, backend=Dask(client), memory_mb=0.002, progress=kill_one
        )
    assert killed
    found = result.table()
    assert_frame_equal(found, undisturbed.select(found.columns), check_exact=True)


PERMUTATIONS = 150_000
"""More than the first rounds need; drawing may stop early."""


@pytest.fixture(scope="module")
def relabelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("max-t") / "study"
    return registry_study(
        folder, patients=800, genes=40, further=f"permutations = {PERMUTATIONS}\n"
    )


@pytest.fixture(scope="module")
def p_max_t(relabelled: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    out = tmp_path_factory.mktemp("max-t-out") / "scans"
    assert main(["scan", str(relabelled), "--out", str(out), "--threads", "1"]) == 0
    found = pl.read_parquet(out / "genes" / "results.parquet")
    assert found["p_max_t"].is_not_null().sum() > 20
    return found


def test_max_t_killed_outright_goes_on_where_it_was(
    relabelled: Path, p_max_t: pl.DataFrame, tmp_path: Path
) -> None:
    out = tmp_path / "s"
    command = [sys.executable, "-c", KILLED_IN_MAX_T, "scan", str(relabelled), "--out", str(out)]
    process = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    assert process.returncode == -signal.SIGKILL
    kept = list((out / ".unfinished" / "genes").glob("max-t-*.npz"))
    assert len(kept) == 1
    with np.load(kept[0]) as held:
        assert 0 < held["done"].sum() < len(held["done"])
    assert not (out / "genes").exists()
    assert main(["scan", str(relabelled), "--out", str(out)]) == 0
    found = pl.read_parquet(out / "genes" / "results.parquet")
    assert_frame_equal(found, p_max_t, check_exact=True)


KILLED_IN_MAX_T = """
import os, signal, sys
from embogen.cli import main
from embogen.scan import relabelling, store

relabelling.EVERY = 0.0  # keep the counts after every piece
keep = store.KeptBlocks.save_part
def keep_and_die(self, name, arrays):
    keep(self, name, arrays)
    if arrays["done"].sum() >= 3:
        os.kill(os.getpid(), signal.SIGKILL)
store.KeptBlocks.save_part = keep_and_die
sys.exit(main([*sys.argv[1:], "--threads", "1"]))
"""
"""A scan that is killed when three chunks of a round have been counted."""


def test_a_lost_worker_costs_its_relabellings_only(relabelled: Path, p_max_t: pl.DataFrame) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
    from embogen.scan.distributed import Dask  # noqa: PLC0415 - needs the extra

    task = prepare_scans(read_study(relabelled))[0].task
    killed: list[int] = []
    counted: list[int] = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        workers = client.run(os.getpid)

        class Killing(Dask):
            def run(self, job, pieces):
                for piece in super().run(job, pieces):
                    if isinstance(job, Relabelling):
                        counted.append(piece[0])
                        if not killed:
                            killed.append(next(iter(workers.values())))
                            os.kill(killed[0], signal.SIGKILL)
                    yield piece

        result = scan(
            task.problems, task.source, backend=Killing(client), permutations=PERMUTATIONS
        )
    assert killed
    assert len(counted) >= 8  # the workers did the chunks, not this process
    found = result.table()
    assert_frame_equal(found, p_max_t.select(found.columns), check_exact=True)


def test_the_loss_of_all_workers_is_waited_out(registry: Path, undisturbed: pl.DataFrame) -> None:
    """Jobs of a cluster may all end at once: what they were sent must not be lost with them."""
    distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
    from embogen.scan.distributed import Dask  # noqa: PLC0415 - needs the extra

    task = prepare_scans(read_study(registry))[0].task
    killed: list[int] = []
    with (
        distributed.LocalCluster(
            n_workers=0, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        late = threading.Timer(1.0, cluster.scale, [1])

        def kill_all(done: int, _all: int) -> None:
            if done and not killed:
                killed.extend(client.run(os.getpid).values())
                for pid in killed:
                    os.kill(pid, signal.SIGKILL)

        late.start()
        result = scan(
            task.problems, task.source, backend=Dask(client), memory_mb=0.002, progress=kill_all
        )
        late.join()
    assert len(killed) == 1
    found = result.table()
    assert_frame_equal(found, undisturbed.select(found.columns), check_exact=True)


def test_genes_of_a_table_go_by_the_names_of_the_plan(
    registry: Path, undisturbed: pl.DataFrame, tmp_path: Path
) -> None:
    for file in registry.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    older = {gene: f"OLD{gene}" for gene in undisturbed["feature"].to_list()[::3]}
    table = pl.read_parquet(registry / "alterations.parquet")
    renamed = table.with_columns(pl.col("gene").cast(pl.String).replace(older))
    assert renamed["gene"].is_in(list(older.values())).any()
    renamed.write_parquet(tmp_path / "alterations.parquet", row_group_size=1000)
    aliases = "".join(f'{old} = "{gene}"\n' for gene, old in older.items())
    text = (registry / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(f"{text}\n[genes.aliases]\n{aliases}", encoding="utf-8")
    assert main(["scan", str(tmp_path)]) == 0
    found = pl.read_parquet(tmp_path / "scans" / "genes" / "results.parquet")
    assert_frame_equal(found, undisturbed, check_exact=True)
    told = json.loads((tmp_path / "scans" / "genes" / "scan.json").read_text(encoding="utf-8"))
    (caveat,) = (item for item in told["caveats"] if item["code"] == "genes_renamed")
    assert "alterations.parquet" in caveat["message"]
    assert caveat["evidence"]["named_both_ways"] == 0


def test_two_ways_to_do_the_work_are_one_too_many(registry: Path, capsys) -> None:
    words = ["scan", str(registry), "--threads", "1", "--local-cluster", "2"]
    assert main(words) == 2
    assert "Give one of them" in capsys.readouterr().err


def test_a_scheduler_that_is_not_there_is_named(registry: Path, capsys, monkeypatch) -> None:
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    from embogen.scan import distributed as own  # noqa: PLC0415 - needs the extra

    monkeypatch.setattr(own, "PATIENCE", "1s")
    assert main(["scan", str(registry), "--cluster", "tcp://127.0.0.1:9"]) == 2
    assert "no dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('endpoints = ["os"]', 'endpoints = ["oss"]'), 'Did you mean "os"?'),
        (('covariates = ["age"', 'covariates = ["aeg"'), 'Did you mean "age"?'),
        (('covariates = ["age"', 'covariates = ["gene:TP53"'), "not adjusted for its genes"),
        (('panel = "panel"', 'panel = "assay"'), '"assay" is not a column'),
        (
            ('endpoints = ["os"]', 'endpoints = ["os"]\nfeature = "genes"'),
            'Did you mean "features"',
        ),
    ],
)
def test_a_plan_that_leads_nowhere_is_refused(
    registry: Path, tmp_path: Path, capsys, change: tuple[str, str], told: str
) -> None:
    text = (registry / "study.toml").read_text(encoding="utf-8")
    assert change[0] in text
    for file in registry.glob("*.parquet"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "study.toml").write_text(text.replace(*change), encoding="utf-8")
    assert main(["scan", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err


def test_a_small_study_scans_its_own_genes_and_groups(tmp_path: Path) -> None:
    assert main(["simulate", str(tmp_path / "s"), "--patients", "120", "--seed", "5"]) == 0
    plan = tmp_path / "s" / "study.toml"
    text = plan.read_text(encoding="utf-8")
    endpoint = "hpfs"
    assert f"[endpoint.{endpoint}]" in text
    text += '\n[gene_group.alt]\nany_of = ["DAXX", "ATRX"]\n'
    plan.write_text(
        text + f'\n[[scan]]\nid = "all"\nendpoints = ["{endpoint}"]\ndraws = 10000\n',
        encoding="utf-8",
    )
    assert main(["scan", str(tmp_path / "s"), "--scan", "all"]) == 0
    found = pl.read_parquet(tmp_path / "s" / "scans" / "all" / "results.parquet")
    assert "alt" in found["feature"].to_list()
    assert main(["scan", str(tmp_path / "s"), "--scan", "none"]) == 2


GERMLINE = """schema = 1
[study]
id = "germline"
title = "Variants of thirteen patients"
[data.patients]
file = "patients.csv"
key = "patient_id"
[data.alterations]
file = "fixed.{suffix}"
[endpoint.os]
time = "days"
event = "died"
[[scan]]
id = "variants"
endpoints = ["os"]
draws = 10000
"""


@pytest.mark.parametrize("suffix", ["bed", "pgen"])
def test_genotypes_of_plink_are_scanned_per_copy(tmp_path: Path, suffix: str) -> None:
    files = Path(__file__).parents[1] / "unit" / "io" / "plink"
    for file in files.glob("fixed.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    ids = [line.split()[1] for line in (files / "fixed.fam").read_text().splitlines()]
    lines = [f"{name},{10 + 7 * i % 60},{i % 3 != 0:d}" for i, name in enumerate(ids)]
    (tmp_path / "patients.csv").write_text("patient_id,days,died\n" + "\n".join(lines) + "\n")
    (tmp_path / "study.toml").write_text(GERMLINE.format(suffix=suffix), encoding="utf-8")
    assert main(["scan", str(tmp_path)]) == 0
    found = pl.read_parquet(tmp_path / "scans" / "variants" / "results.parquet")
    assert found.height == 16
    assert found["n_tested"].n_unique() > 1  # genotypes that could not be called
    assert found.filter(pl.col("p_value").is_not_null()).height > 0
