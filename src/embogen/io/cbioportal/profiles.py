"""Which samples were sequenced, and on which panel: panel matrix, case lists, meta files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embogen.caveats import Caveat
from embogen.errors import DataError, DataProblem
from embogen.genomics.panels import GenePanel
from embogen.io.cbioportal.meta import FolderFiles, read_meta
from embogen.io.files import decode, read_bytes
from embogen.io.gene_panel import parse_panel
from embogen.io.raw_table import clipped
from embogen.io.tab_table import read_tab_table
from embogen.io.typed_columns import NULL_WORDS

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
    listed
        Case list id without the study's (``sequenced``, ``cna``) to its samples.
    caveats
        What the reader should know.
    """

    panels: Mapping[str, str]
    listed: Mapping[str, frozenset[str]]
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
    matrix = _read_matrix(files, folder, set(samples), problems)
    listed = _read_lists(files, folder, set(samples), problems)
    if problems:
        raise DataError(problems)
    meta = next((f.meta["gene_panel"] for f in files.of("mutations") if "gene_panel" in f.meta), "")
    sequenced = listed.get("sequenced")
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
    return Profiling(panels, listed, _caveats(bare, len(unlisted)))


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


def _read_matrix(
    files: FolderFiles, folder: Path, known: set[str], problems: list[DataProblem]
) -> dict[str, str]:
    """Return sample to panel of the mutation profile; NA and empty cells are left out."""
    found: dict[str, str] = {}
    for item in files.of("matrix"):
        raw = read_tab_table(item.file, folder=folder).raw
        folded = [header.lower() for header in raw.headers]
        if "sample_id" not in folded or "mutations" not in folded:
            message = "a panel matrix has the columns SAMPLE_ID and mutations"
            problems.append(DataProblem(item.file, message, "Rename the columns.", row=1))
            continue
        samples = raw.frame[f"c{folded.index('sample_id')}"]
        panels = raw.frame[f"c{folded.index('mutations')}"]
        strangers, twice = [], []
        for sample, panel, row in zip(samples, panels, raw.rows, strict=True):
            value = "" if panel in NULL_WORDS else panel
            if sample not in known:
                strangers.append(_stranger(item.file, sample, row))
            elif found.setdefault(sample, value) != value:
                message = f'has the panel "{found[sample] or "NA"}" in another row'
                remedy = "Keep one row for each sample."
                twice.append(DataProblem(item.file, message, remedy, row, "mutations", panel))
        problems += [*clipped(strangers), *clipped(twice)]
    return found


def _stranger(file: str, sample: str, row: int | None = None) -> DataProblem:
    message = "is no sample of the clinical sample file"
    return DataProblem(file, message, "Add the sample there, or remove it here.", row, value=sample)


def _read_lists(
    files: FolderFiles, folder: Path, known: set[str], problems: list[DataProblem]
) -> dict[str, frozenset[str]]:
    study = files.study.get("cancer_study_identifier", "")
    lists: dict[str, frozenset[str]] = {}
    for file in files.case_lists:
        try:
            values = read_meta(file, folder=folder)
        except DataError as error:
            problems += error.problems
            continue
        name = values.get("stable_id", "")
        for key in ("stable_id", "case_list_ids"):
            if not values.get(key):
                problems.append(DataProblem(file, f"has no {key}", f"Add a line {key}: ..."))
        ids = frozenset(
            word for cell in values.get("case_list_ids", "").split("\t") if (word := cell.strip())
        )
        problems += clipped([_stranger(file, sample) for sample in sorted(ids - known)])
        prefix = f"{study or values.get('cancer_study_identifier', '')}_"
        lists[name.removeprefix(prefix)] = ids
    return lists
