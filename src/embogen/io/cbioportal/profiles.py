"""Which samples were sequenced, and on which panel: panel matrix, case lists, meta files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.panels import GenePanel
from embogen.io.cbioportal.meta import FolderFiles
from embogen.io.files import decode, read_bytes
from embogen.io.gene_panel import parse_panel
from embogen.io.panel_matrix import panels_by_assay, samples_by_assay
from embogen.io.tab_table import read_tab_table

EVERY_GENE: Final = ("WES", "WXS", "WGS")
"""Names of assays that are no panel: every gene was read."""

WHOLE_EXOME: Final = "WXS"
"""The assay a sequenced sample without a panel is given."""


@dataclass(frozen=True, slots=True, eq=False)
class Profiling:
    """What each sample was tested for.

    Parameters
    ----------
    panels
        Sample to its panel (or WES, WXS, WGS); a sample not sequenced, or on an unknown panel, is
        not in it.
    caveats
        What the reader should know.
    """

    panels: Mapping[str, str]
    caveats: tuple[Caveat, ...]


def read_gene_panels(files: Sequence[str], *, folder: Path) -> dict[str, GenePanel]:
    """Read the gene-panel files of a folder, and add the assays that read every gene.

    Raises
    ------
    DataError
        With the problems of every file.
    """
    problems: list[DataProblem] = []
    panels = {
        name: GenePanel(name, "every gene", frozenset(), every_gene=True) for name in EVERY_GENE
    }
    for file in files:
        try:
            panel = parse_panel(decode(read_bytes(file, folder), file), file)
        except DataError as error:
            problems += error.problems
            continue
        other = panels.setdefault(panel.panel_id, panel)
        if other.genes != panel.genes:
            message = f"is the stable_id of {other.source or 'an exome or genome'} too"
            remedy = "Rename one of the panels."
            problems.append(DataProblem(file, message, remedy, value=panel.panel_id))
    if problems:
        raise DataError(problems)
    return panels


def read_profiling(
    files: FolderFiles,
    samples: Sequence[str],
    attributes: Mapping[str, str],
    called: frozenset[str],
    *,
    folder: Path,
    failed: frozenset[str] = frozenset(),
) -> Profiling:
    """Find the panel of each sample.

    The panel matrix comes first, then the ``gene_panel`` of the mutations' meta file, then the
    sample's GENE_PANEL attribute. A sample without any of these that the case list
    ``_sequenced`` names was sequenced without a panel: every gene was tested. One that the list
    does not name was not sequenced.

    Parameters
    ----------
    files
        Of the folder.
    samples
        Every sample of the study.
    attributes
        Sample to its GENE_PANEL attribute.
    called
        Samples with a mutation.
    folder
        Folder of the study file.
    failed
        Samples whose sequencing failed: in no list, and still on their panel.

    Raises
    ------
    DataError
        Samples in the matrix or a list that the clinical file does not have, and a sample with two
        panels.
    """
    problems: list[DataProblem] = []
    known = set(samples)
    listed: Mapping[str, frozenset[str]] = {}
    matrix: Mapping[str, str] = {}
    try:
        matrix = read_matrices(files, folder=folder, known=known).get("mutations", {})
    except DataError as error:
        problems += error.problems
    try:
        listed = samples_by_assay(files.case_lists, folder=folder, known=known)
    except DataError as error:
        problems += error.problems
    if problems:
        raise DataError(problems)
    meta = next((f.meta["gene_panel"] for f in files.of("mutations") if "gene_panel" in f.meta), "")
    sequenced = listed.get("mutations")
    unlisted = called - sequenced if sequenced is not None else frozenset()
    panels: dict[str, str] = {}
    bare = 0
    tried = frozenset(samples) if sequenced is None else sequenced | called | failed
    for sample in samples:
        if sample not in tried:
            continue
        panel = matrix.get(sample, "") or meta or attributes.get(sample, "")
        if not panel and sequenced is not None and sample not in failed:
            panel, bare = WHOLE_EXOME, bare + 1
        if panel:
            panels[sample] = panel.upper() if panel.upper() in EVERY_GENE else panel
    return Profiling(panels, _caveats(bare, len(unlisted)))


def _caveats(bare: int, unlisted: int) -> tuple[Caveat, ...]:
    caveats = []
    if bare:
        message = (
            f"{bare} sample{'' if bare == 1 else 's'} in the case list of sequenced samples "
            "without a gene panel count as tested for every gene, as the portal takes them."
        )
        caveats.append(Caveat("profiled_without_panel", message, {"samples": bare}))
    if unlisted:
        message = (
            f"{unlisted} sample{'' if unlisted == 1 else 's'} with mutations not in the case list "
            "of sequenced samples; taken as sequenced."
        )
        caveats.append(Caveat("case_list_disagrees", message, {"samples": unlisted}))
    return tuple(caveats)


def read_matrices(
    files: FolderFiles, *, folder: Path, known: Collection[str] | None = None
) -> dict[str, dict[str, str]]:
    """Read the panel matrix of a folder, assay to sample to panel; nothing where there is none.

    Raises
    ------
    DataError
        As `panels_by_assay`.
    """
    found: dict[str, dict[str, str]] = {}
    for item in files.of("matrix"):
        found |= panels_by_assay(read_tab_table(item.file, folder=folder).raw, known=known)
    return found
