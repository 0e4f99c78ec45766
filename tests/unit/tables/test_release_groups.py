"""Genes by group for the eyes of others: no small count follows, by enumeration of what fits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from embogen.inference.association import Factor
from embogen.inference.design import Term
from embogen.inference.frequency import GeneCount, GeneFrequency, gene_frequency
from embogen.inference.gene_by_group import GeneByGroup, gene_by_group
from embogen.tables.release import _count_genes
from embogen.tables.release_groups import ALL, UNKNOWN, Links, count_gene_groups, links_of
from embogen.tables.suppression import CountSystem, Key, hidden_counts, possible_range

BELOW = 3
GENES = ("DAXX", "MEN1")
SITES = ("pancreas", "other")
NAN = float("nan")
Patients = list[tuple[float, float, str | None]]


def frequency_of(patients: Patients) -> GeneFrequency:
    counts = []
    for j, gene in enumerate(GENES):
        values = np.array([patient[j] for patient in patients])
        tested = int((~np.isnan(values)).sum())
        missing = len(values) - tested
        counts.append(GeneCount(gene, int(np.nansum(values)), tested, missing, 0))
    return gene_frequency(counts, n_patients=len(patients))


def by_site(patients: Patients, variable: str = "Site") -> GeneByGroup:
    known = [patient for patient in patients if patient[2] is not None]
    factors = [
        Factor(Term(gene), np.array([patient[j] for patient in known], dtype=np.float64))
        for j, gene in enumerate(GENES)
    ]
    sites = [str(patient[2]) for patient in known]
    return gene_by_group(factors, sites, variable=variable, order=SITES)


def counted(patients: Patients) -> tuple[CountSystem, int]:
    system = CountSystem()
    frequency = frequency_of(patients)
    _count_genes(system, frequency)
    taken = count_gene_groups(system, by_site(patients), links_of([frequency]))
    return system, len(taken)


def cells_of(gene: str, sizes: dict[str, int]) -> Iterator[dict[Key, int]]:
    """Every way one gene may lie in groups of these sizes."""
    ways = [[(a, t) for t in range(size + 1) for a in range(t + 1)] for size in sizes.values()]
    for found in itertools.product(*ways):
        counts: dict[Key, int] = {}
        for (site, size), (altered, tested) in zip(sizes.items(), found, strict=True):
            counts[gene, "altered", "Site", site] = altered
            counts[gene, "tested", "Site", site] = tested
            counts[gene, "wild type", "Site", site] = tested - altered
            counts[gene, "Missing", "Site", site] = size - tested
        for kind in ("altered", "tested", "wild type", "Missing"):
            counts[gene, kind] = sum(counts[gene, kind, "Site", site] for site in sizes)
        yield counts


def possible_values(
    system: CountSystem, hidden: frozenset[Key], n: int, *, unknown: bool
) -> dict[Key, set[int]]:
    """Enumerate what each count may be, to someone who has all that is printed."""
    shown = {key: system.counts[key] for key in system.printed - hidden}
    values: dict[Key, set[int]] = {}
    for first in range(n + 1):
        for second in range(n - first + 1):
            rest = n - first - second
            sizes = dict(zip((*SITES, UNKNOWN), (first, second, rest), strict=True))
            if not unknown:
                if rest:
                    continue
                del sizes[UNKNOWN]
            marks: dict[Key, int] = {("Site", site): size for site, size in sizes.items()}
            if any(shown.get(key, count) != count for key, count in marks.items()):
                continue
            fits = [
                [
                    cells
                    for cells in cells_of(gene, sizes)
                    if all(shown.get(key, count) == count for key, count in cells.items())
                    # not tested and failed are what is missing; nobody failed, but who knows
                    and _states_fit(shown, gene, cells[gene, "Missing"])
                ]
                for gene in GENES
            ]
            if not all(fits):
                continue
            for counts in (marks, *itertools.chain(*fits)):
                for key, count in counts.items():
                    values.setdefault(key, set()).add(count)
    return values


def _states_fit(shown: dict[Key, int], gene: str, missing: int) -> bool:
    parts = [shown.get((gene, kind)) for kind in ("not tested", "failed")]
    if None in parts:
        return sum(part for part in parts if part is not None) <= missing
    return sum(part for part in parts if part is not None) == missing


patients_of = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, NAN]),
        st.sampled_from([0.0, 1.0]),
        st.sampled_from([*SITES, None]),
    ),
    min_size=BELOW,
    max_size=7,
)


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(patients_of)
def test_every_small_count_stays_uncertain(patients: Patients):
    hypothesis.assume(any(site is not None for _, _, site in patients))
    system, taken = counted(patients)
    assert taken == len(GENES)
    hidden = hidden_counts(system, BELOW, shown=frozenset({ALL}))
    unknown = any(site is None for _, _, site in patients)
    values = possible_values(system, hidden, len(patients), unknown=unknown)
    for key, found in values.items():
        count = system.counts[key]
        assert count in found
        if 0 < count < BELOW:
            assert key in hidden or key not in system.printed
            assert len(found) > 1, f"{key} is {found}"
            low, high = possible_range(system, hidden, key)
            assert (round(low), round(high)) == (min(found), max(found))


def test_a_count_that_the_frequency_would_give_away_is_covered():
    """DAXX altered in 2 of the pancreas and 4 of the others, 6 in all: 6 - 4 tells the 2."""
    patients: Patients = [
        *[(1.0, 0.0, "pancreas")] * 2,
        *[(0.0, 0.0, "pancreas")] * 5,
        *[(1.0, 0.0, "other")] * 4,
        *[(0.0, 1.0, "other")] * 6,
    ]
    system, _ = counted(patients)
    small = ("DAXX", "altered", "Site", "pancreas")
    assert possible_range(system, {small}, small) == (2, 2)
    hidden = hidden_counts(system, BELOW, shown=frozenset({ALL}))
    assert small in hidden
    low, high = possible_range(system, hidden, small)
    assert high > low


def test_a_gene_that_other_tables_relate_to_the_groups_is_left_out():
    patients: Patients = [(1.0, 0.0, "pancreas"), (0.0, 1.0, "other")] * 4
    system = CountSystem()
    frequency = frequency_of(patients)
    _count_genes(system, frequency)
    links = links_of([frequency])
    links.join("Site", "Sex")
    links.join("MEN1", "Sex")  # a ring: MEN1, sex, site
    taken = count_gene_groups(system, by_site(patients), links)
    assert [gene.term.name for gene in taken] == ["DAXX"]
    # and DAXX is related now: by another grouping it would close a ring, too
    links.join("Grade", "Site")
    again = count_gene_groups(system, by_site(patients, "Grade"), links)
    assert again == ()


def test_groups_that_are_not_those_of_the_other_tables_are_left_out():
    patients: Patients = [(1.0, 0.0, "pancreas"), (0.0, 1.0, "other")] * 4
    system = CountSystem()
    _count_genes(system, frequency_of(patients))
    system.add(("Site", "pancreas"), 5, printed=True)
    system.add(("Site", "other"), 3, printed=True)
    assert count_gene_groups(system, by_site(patients), Links()) == ()


def test_a_member_and_its_group_of_genes_are_related():
    counts = [
        GeneCount("alt", 3, 8, 0, 0, members=("DAXX", "ATRX"), title="DAXX or ATRX"),
        GeneCount("MEN1", 3, 8, 0, 0),
    ]
    links = links_of([gene_frequency(counts, n_patients=8)])
    assert links.related("ATRX", "DAXX or ATRX")
    assert not links.related("ATRX", "MEN1")


def test_whole_numbers_are_asked_for_where_fractions_would_reach_further():
    """Of three counts any two sum to at most 1: all three to at most 1, and not 3 / 2."""
    system = CountSystem()
    for key, count in (("a", 1), ("b", 0), ("c", 0), ("u", 0), ("v", 1), ("w", 0), ("all", 1)):
        system.add(key, count, printed=False)
    for pair, rest in (("ab", "u"), ("bc", "v"), ("ac", "w")):
        system.add(pair, 1, printed=True)
        system.sums.append((pair, (*pair, rest)))
    system.sums.append(("all", ("a", "b", "c")))
    assert possible_range(system, frozenset(), "all") == pytest.approx((0, 1))
