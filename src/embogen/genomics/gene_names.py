"""Genes by their current symbols: panels and mutation files of different years name them alike.

A panel of 2014 lists MLL2 and a mutation file of 2018 calls KMT2D: one gene. Taken apart, the
calls would lie off the panel and the gene would look untested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import polars as pl

from embogen.caveats import Caveat
from embogen.genomics.calls import MutationCalls
from embogen.genomics.panels import GenePanel

GENE_RENAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ADCK3": "COQ8A",
        "ADCK4": "COQ8B",
        "B7H3": "CD276",
        "BRE": "BABAM2",
        "C10orf54": "VSIR",
        "C11orf30": "EMSY",
        "C15orf55": "NUTM1",
        "C17orf39": "GID4",
        "CARS": "CARS1",
        "CASC5": "KNL1",
        "EIF2C1": "AGO1",
        "FAM123B": "AMER1",
        "FAM175A": "ABRAXAS1",
        "FAM190A": "CCSER1",
        "FAM46C": "TENT5C",
        "FAM58A": "CCNQ",
        "FGFR1OP": "CEP43",
        "FIGF": "VEGFD",
        "FTSJD1": "CMTR2",
        "GLTSCR1": "BICRA",
        "GNB2L1": "RACK1",
        "GPR124": "ADGRA2",
        "H3F3A": "H3-3A",
        "H3F3B": "H3-3B",
        "H3F3C": "H3-5",
        "HARS": "HARS1",
        "HER2": "ERBB2",
        "HIST1H1B": "H1-5",
        "HIST1H1C": "H1-2",
        "HIST1H1D": "H1-3",
        "HIST1H1E": "H1-4",
        "HIST1H2AC": "H2AC6",
        "HIST1H2AG": "H2AC11",
        "HIST1H2AL": "H2AC16",
        "HIST1H2AM": "H2AC17",
        "HIST1H2BC": "H2BC4",
        "HIST1H2BD": "H2BC5",
        "HIST1H2BG": "H2BC8",
        "HIST1H2BJ": "H2BC11",
        "HIST1H2BK": "H2BC12",
        "HIST1H2BO": "H2BC17",
        "HIST1H3A": "H3C1",
        "HIST1H3B": "H3C2",
        "HIST1H3C": "H3C3",
        "HIST1H3D": "H3C4",
        "HIST1H3E": "H3C6",
        "HIST1H3F": "H3C7",
        "HIST1H3G": "H3C8",
        "HIST1H3H": "H3C10",
        "HIST1H3I": "H3C11",
        "HIST1H3J": "H3C12",
        "HIST2H3C": "H3C14",
        "HIST2H3D": "H3C13",
        "HIST3H3": "H3-4",
        "ICK": "CILK1",
        "JARID1A": "KDM5A",
        "JARID1C": "KDM5C",
        "KIAA1804": "MAP3K21",
        "LHFP": "LHFPL6",
        "MGEA5": "OGA",
        "MKL1": "MRTFA",
        "MKL2": "MRTFB",
        "MLL": "KMT2A",
        "MLL2": "KMT2D",
        "MLL3": "KMT2C",
        "MLLT4": "AFDN",
        "MMSET": "NSD2",
        "MRE11A": "MRE11",
        "MYCL1": "MYCL",
        "MYST3": "KAT6A",
        "MYST4": "KAT6B",
        "ORAOV1": "LTO1",
        "PAK7": "PAK5",
        "PAPD5": "TENT4B",
        "PARK2": "PRKN",
        "PD-1": "PDCD1",
        "PD-L1": "CD274",
        "PDL1": "CD274",
        "PVRL4": "NECTIN4",
        "RAD51L1": "RAD51B",
        "RAD51L3": "RAD51D",
        "RFWD2": "COP1",
        "RQCD1": "CNOT9",
        "SEPT5": "SEPTIN5",
        "SEPT6": "SEPTIN6",
        "SEPT9": "SEPTIN9",
        "SETD8": "KMT5A",
        "SFRS2": "SRSF2",
        "SGK196": "POMK",
        "SGK223": "PRAG1",
        "SGK269": "PEAK1",
        "SHFM1": "SEM1",
        "TCEB1": "ELOC",
        "TMEM173": "STING1",
        "UTX": "KDM6A",
        "WHSC1": "NSD2",
        "WHSC1L1": "NSD3",
        "WISP3": "CCN6",
        "WTX": "AMER1",
        "ZAK": "MAP3K20",
        "ZNF198": "ZMYM2",
        "ZNF278": "PATZ1",
    }
)
"""Older symbol to current symbol, for genes of cancer panels. Symbols that have meant two genes
(MLL4, TAZ) are not in it: only a study can say which it means."""

_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class GeneNames:
    """Older symbols and the current ones: the built-in list under the study's own.

    Parameters
    ----------
    own
        The study's renames; they come before the built-in ones. A symbol mapped to itself is kept
        as it is.

    Examples
    --------
    >>> names = GeneNames({"MLL4": "KMT2B", "PARK2": "PARK2"})
    >>> names.current("MLL2"), names.current("MLL4"), names.current("PARK2"), names.current("TP53")
    ('KMT2D', 'KMT2B', 'PARK2', 'TP53')
    """

    own: Mapping[str, str]

    def current(self, symbol: str) -> str:
        """Follow the renames of a symbol; a ring of renames ends where it began."""
        seen = {symbol}
        while True:
            following = self.own.get(symbol, GENE_RENAMES.get(symbol, symbol))
            if following in seen:
                return symbol
            seen.add(following)
            symbol = following

    def rings(self) -> list[str]:
        """Return the study's symbols whose renames come back to them, itself excepted."""
        rings = []
        for start in self.own:
            symbol, steps = start, 0
            while steps <= len(self.own) and self.own.get(symbol, symbol) != symbol:
                symbol, steps = self.own[symbol], steps + 1
            if steps > len(self.own):
                rings.append(start)
        return sorted(rings)

    def changed(self, symbols: Iterable[str]) -> dict[str, str]:
        """Return those of the symbols that have another current one, with it."""
        pairs = ((symbol, self.current(symbol)) for symbol in symbols)
        return {old: new for old, new in pairs if new != old}


NO_OWN_NAMES: Final = GeneNames({})
"""The built-in list alone."""


def harmonise_calls(
    calls: MutationCalls, names: GeneNames
) -> tuple[MutationCalls, tuple[Caveat, ...]]:
    """Give the genes of a file their current symbols.

    Returns
    -------
    calls
        With current symbols in calls and tested pairs.
    caveats
        ``genes_renamed`` where any changed, naming those the file calls by both names.
    """
    symbols = set(calls.calls["gene"].unique().to_list())
    if calls.tested is not None:
        symbols |= set(calls.tested["gene"].unique().to_list())
    changed = names.changed(symbols)
    if not changed:
        return calls, ()
    gene = pl.col("gene").replace(changed)
    tested = None if calls.tested is None else calls.tested.with_columns(gene).unique()
    renamed = replace(calls, calls=calls.calls.with_columns(gene), tested=tested)
    return renamed, renamed_caveats(changed, symbols, calls.source)


def harmonise_panels(
    panels: Mapping[str, GenePanel], names: GeneNames
) -> tuple[dict[str, GenePanel], tuple[Caveat, ...]]:
    """Give the genes of panels their current symbols.

    Returns
    -------
    panels
        With current symbols.
    caveats
        ``genes_renamed`` where any changed, naming the panels that list a gene by both names.
    """
    out: dict[str, GenePanel] = {}
    every: dict[str, str] = {}
    both: list[str] = []
    for name, panel in panels.items():
        changed = names.changed(panel.genes)
        every |= changed
        both += sorted(
            f"{old} and {new} ({name})" for old, new in changed.items() if new in panel.genes
        )
        genes = frozenset(changed.get(gene, gene) for gene in panel.genes)
        out[name] = replace(panel, genes=genes)
    return out, (_renamed(every, both, "the gene panels"),) if every else ()


def renamed_caveats(
    changed: Mapping[str, str], symbols: Iterable[str], source: str
) -> tuple[Caveat, ...]:
    """Say which genes of a file are taken under another symbol, and which it calls by both.

    Parameters
    ----------
    changed
        Older symbols in the file, and their current ones.
    symbols
        All symbols in the file.
    source
        Its name.

    Examples
    --------
    >>> (caveat,) = renamed_caveats({"MLL2": "KMT2D"}, ["MLL2", "TP53"], "calls.maf")
    >>> caveat.message
    'Genes of calls.maf are taken under their current symbols: MLL2 as KMT2D.'
    """
    known = set(symbols)
    both = sorted(f"{old} and {new}" for old, new in changed.items() if new in known)
    return (_renamed(changed, both, source),) if changed else ()


def _renamed(changed: Mapping[str, str], both: list[str], source: str) -> Caveat:
    shown = [f"{old} as {new}" for old, new in sorted(changed.items())]
    more = f", and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    message = f"Genes of {source} are taken under their current symbols: "
    message += f"{', '.join(shown[:_SHOWN])}{more}."
    if both:
        message += (
            f" Named both ways, taken as one gene: {', '.join(both[:_SHOWN])}. Check that they are."
        )
    return Caveat("genes_renamed", message, {"genes": len(changed), "named_both_ways": len(both)})
