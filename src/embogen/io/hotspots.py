"""Lists of hotspot residues to (gene, residue) pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from embogen.errors import DataError, DataProblem
from embogen.genomics.filters import residue_of
from embogen.io.files import decode, read_bytes
from embogen.io.raw_table import clipped
from embogen.io.tables import read_raw_table

_GENES: Final = ("gene", "hugo_symbol", "gene_symbol", "hugosymbol")
_RESIDUES: Final = ("residue", "protein_change", "hgvsp_short", "amino_acid_position", "aa_change")
_BARE_GENE: Final = 4
_BARE_RESIDUE: Final = 6
_BARE_WIDTH: Final = 7


def read_hotspots(file: str, *, folder: Path) -> frozenset[tuple[str, str]]:
    """Read a list of hotspots.

    A table with a header names the columns gene (or Hugo_Symbol) and residue (or protein_change,
    HGVSp_Short, Amino_Acid_Position). A list without a header in the layout of the cancer hotspots
    v2 coordinates (chromosome, position, reference, alternative, gene, classification, change) is
    read by position.

    Parameters
    ----------
    file
        Path as the study names it, relative to `folder`.
    folder
        Folder of the study file.

    Returns
    -------
    frozenset
        (gene, residue) pairs: ``("TP53", "R248")``. A change such as R248Q names residue R248.

    Raises
    ------
    DataError
        When the table cannot be read, has no such columns, or a cell is no residue.
    """
    lines = decode(read_bytes(file, folder), file).splitlines()
    bare = [line.split("\t") for line in lines if line.strip()]
    if len(bare[0]) >= _BARE_WIDTH and bare[0][1].strip().isdigit():
        wide = [(row, cells) for row, cells in enumerate(bare, 1) if len(cells) >= _BARE_WIDTH]
        pairs = [(cells[_BARE_GENE], cells[_BARE_RESIDUE], row) for row, cells in wide]
    else:
        raw = read_raw_table(file, folder)
        folded = [header.lower() for header in raw.headers]
        gene = raw.frame[f"c{_place(folded, _GENES, file, 'gene')}"]
        change = raw.frame[f"c{_place(folded, _RESIDUES, file, 'residue')}"]
        pairs = list(zip(gene, change, raw.rows, strict=True))
    schema = {"gene": pl.String, "change": pl.String, "row": pl.Int64}
    table = pl.DataFrame(pairs, schema=schema, orient="row").with_columns(
        pl.col("gene", "change").str.strip_chars()
    )
    table = table.with_columns(residue_of("change").alias("residue"))
    bad = table.filter(pl.col("residue").is_null() | (pl.col("gene") == ""))
    problems = [
        DataProblem(file, "names no gene and residue", "Write R248 or p.R248Q.", row, value=change)
        for change, row in bad.select("change", "row").iter_rows()
    ]
    if problems:
        raise DataError(clipped(problems))
    return frozenset(table.select("gene", "residue").iter_rows())


def _place(folded: list[str], choices: tuple[str, ...], file: str, what: str) -> int:
    found = next((folded.index(word) for word in choices if word in folded), None)
    if found is None:
        message = f"there is no column of the {what} ({', '.join(choices)})"
        remedy = "Name its column so; a list needs a gene and a residue in each row."
        raise DataError([DataProblem(file, message, remedy, row=1)])
    return found
