"""A simulated registry as Parquet files, written some genes at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from embogen.simulate.registry import PANELS, SITES, draw_carriers, draw_genes, draw_patients
from embogen.simulate.writing import NOTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from embogen.simulate.registry import RegistryGenes, RegistryPatients

_GENES_AT_ONCE: Final = 50
_ROW_GROUP: Final = 2**17
_ALTERATIONS: Final = pl.Schema({"patient_id": pl.String, "gene": pl.String, "state": pl.String})
_METADATA: Final = {"notice": NOTE}


def write_registry(
    folder: Path,
    *,
    patients: int,
    genes: int,
    seed: int,
    progress: Callable[[str], None] = lambda _stage: None,
) -> list[str]:
    """Draw a registry and write its tables.

    Parameters
    ----------
    folder
        Made where it is not there; files of the same names are replaced.
    patients, genes
        How many.
    seed
        The same seed gives the same files, byte for byte.
    progress
        Told what is being written.

    Returns
    -------
    files
        Names of the files written: ``patients.parquet``; ``alterations.parquet`` (patient_id,
        gene, state), altered pairs only, in the order of the genes, then of the patients;
        ``panels.parquet`` (panel, gene); ``truth.parquet`` (gene, log_hazard_ratio, frequency and
        how strongly it follows the hazard of the primary site).
    """
    folder.mkdir(parents=True, exist_ok=True)
    progress("drawing patients")
    facts = draw_genes(genes, seed)
    drawn = draw_patients(patients, facts, seed)
    width = max(7, len(str(patients)))
    ids = pl.Series("patient_id", [f"SYN-{i:0{width}d}" for i in range(1, patients + 1)])
    tables = {
        "patients.parquet": _patients(ids, drawn),
        "panels.parquet": _panels(facts),
        "truth.parquet": _truth(facts),
    }
    for name, table in tables.items():
        table.write_parquet(folder / name, row_group_size=_ROW_GROUP, metadata=_METADATA)
    source = register_io_source(
        lambda columns, *_: _alterations(ids, facts, drawn, seed, columns, progress=progress),
        schema=_ALTERATIONS,
    )
    source.sink_parquet(
        folder / "alterations.parquet",
        compression="zstd",
        compression_level=1,
        row_group_size=_ROW_GROUP,
        metadata=_METADATA,
    )
    return sorted([*tables, "alterations.parquet"])


def _patients(ids: pl.Series, drawn: RegistryPatients) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "patient_id": ids,
            "time_days": drawn.time,
            "event": drawn.event.astype(np.int8),
            "entry_days": drawn.entry,
            "age": drawn.age,
            "sex": _words(("female", "male"), drawn.male),
            "primary_site": _words(SITES, drawn.site),
            "grade": drawn.grade,
            "panel": _words(PANELS, drawn.panel),
        }
    )


def _panels(genes: RegistryGenes) -> pl.DataFrame:
    panel, gene = np.nonzero(genes.covered)
    return pl.DataFrame({"panel": _words(PANELS, panel), "gene": _words(genes.names, gene)})


def _truth(genes: RegistryGenes) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "gene": genes.names,
            "log_hazard_ratio": genes.log_hazard_ratio,
            "frequency": genes.frequency,
            "site_tilt": genes.tilt,
        }
    )


def _alterations(
    ids: pl.Series,
    genes: RegistryGenes,
    drawn: RegistryPatients,
    seed: int,
    columns: list[str] | None,
    *,
    progress: Callable[[str], None],
) -> Iterator[pl.DataFrame]:
    """Give the altered pairs, some genes at a time."""
    total = len(genes.names)
    for begin in range(0, total, _GENES_AT_ONCE):
        span = range(begin, min(begin + _GENES_AT_ONCE, total))
        rows = [draw_carriers(gene, genes, drawn, seed) for gene in span]
        of = np.repeat(np.asarray(span), [len(part) for part in rows])
        piece = pl.DataFrame(
            {
                "patient_id": ids.gather(np.concatenate(rows)),
                "gene": _words(genes.names, of),
                "state": pl.repeat("altered", len(of), eager=True),
            },
            schema=_ALTERATIONS,
        )
        progress(f"gene {span.stop} of {total}")
        yield piece if columns is None else piece.select(columns)


def _words(words: tuple[str, ...], at: np.ndarray) -> pl.Series:
    """Give the word each number stands for."""
    return pl.Series(words).gather(at.astype(np.uint32))
