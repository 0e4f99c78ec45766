"""Features from a file of any format that is known: the reader is told by suffix and headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from embogen.io.alterations_parquet import open_alterations
from embogen.io.dosage_parquet import open_dosages
from embogen.io.files import refuse
from embogen.io.parquet_file import SUFFIX, open_parquet
from embogen.io.plink_bed import read_plink_bed
from embogen.io.plink_pgen import read_plink_pgen

if TYPE_CHECKING:
    from embogen.caveats import Caveat
    from embogen.genomics.feature_blocks import FeatureSource
    from embogen.genomics.gene_names import GeneNames
    from embogen.genomics.panels import GenePanel
    from embogen.io.genotype_features import Coding
    from embogen.io.sample_rows import Others

_PLINK: Final = {".bed": read_plink_bed, ".pgen": read_plink_pgen}


def open_features(
    file: str,
    *,
    folder: Path,
    patients: Sequence[str],
    panel_of: Sequence[str | None] | None = None,
    panels: Mapping[str, GenePanel] | None = None,
    whole_genome: bool = False,
    columns: Mapping[str, str] | None = None,
    coding: Coding = "additive",
    others: Others = "refuse",
    gene_names: GeneNames | None = None,
) -> tuple[FeatureSource, tuple[Caveat, ...]]:
    """Open and check a file of features.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`: ``.bed``, ``.pgen``, or ``.parquet`` with
        the columns patient_id, gene and state, or else of dosages.
    folder
        Folder of the study file.
    patients
        (n,) patient ids.
    panel_of, panels, whole_genome, columns, gene_names
        For patient, gene and state; see `open_alterations`.
    coding
        For PLINK; see `read_plink_bed`.
    others
        Whether people who are no patients are refused, or passed over.

    Returns
    -------
    source
        What a scan reads.
    caveats
        What the reader of a report should know about the file.

    Raises
    ------
    DataError
        When no reader knows the suffix, or with everything wrong in the file.
    """
    suffix = PurePath(file).suffix.lower()
    if suffix in _PLINK:
        read = _PLINK[suffix]
        return read(file, folder=folder, patients=patients, coding=coding, others=others), ()
    if suffix != SUFFIX:
        known = ", ".join((*_PLINK, SUFFIX))
        message = f'has the suffix "{suffix}"; one of {known} was expected'
        raise refuse(file, message, "Write it in one of these formats.")
    headers = set(open_parquet(file, folder).collect_schema())
    named = columns or {}
    if {named.get("gene", "gene"), named.get("state", "state")} & headers or named:
        return open_alterations(
            file,
            folder=folder,
            patients=patients,
            panel_of=panel_of if panel_of is not None else [None] * len(patients),
            panels=panels or {},
            whole_genome=whole_genome,
            columns=columns,
            others=others,
            gene_names=gene_names,
        )
    return open_dosages(file, folder=folder, patients=patients, others=others), ()
