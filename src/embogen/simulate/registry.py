"""Registries of any size with known truth: who is in them, and what their genes do.

A patient is in a registry from sequencing on: whoever had the event before does not appear. Event
times are Weibull with proportional hazards, so a Cox model that holds every gene and covariate is
true; one gene at a time is nearly so, since the effects left out are small together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SITES: Final = ("pancreas", "small bowel", "lung", "rectum", "unknown")
PANELS: Final = ("SYN-V1", "SYN-V2", "SYN-V3", "SYN-V4", "SYN-EXOME")
"""Versions of a panel, each holding the one before, and an exome that holds every gene."""

SITE_LOG_HAZARD: Final = np.array([0.0, -0.5, 0.4, -0.1, 0.6])
AGE_LOG_HAZARD: Final = 0.02
MALE_LOG_HAZARD: Final = 0.1
GRADE_LOG_HAZARD: Final = 0.5
"""Of a year of age, of men, of a step of grade."""

_SITE_SHARES: Final = np.array([0.45, 0.30, 0.12, 0.06, 0.07])
_PANEL_SHARES: Final = (0.60, 0.73, 0.83, 0.90, 1.0)
_FREQUENCIES: Final = (0.001, 0.05)
_HAZARD_RATIOS: Final = (1.25, 2.0)
_EFFECT_SHARE: Final = 0.002
_FEWEST_EFFECTS: Final = 2
_CONFOUNDED_SHARE: Final = 0.05
_TILT: Final = 2.5
_SHAPE: Final = 1.15
_SCALE_DAYS: Final = 2600.0
_AT_ORIGIN: Final = 0.3
_ENTRY_DAYS: Final = 250.0
_LOST_DAYS: Final = 5000.0
_FOLLOWED_DAYS: Final = (30, 3000)
_EXOME_SHARE: Final = 0.1
_MOST_ROUNDS: Final = 100


@dataclass(frozen=True, slots=True, eq=False)
class RegistryGenes:
    """G genes and what is true of them.

    Parameters
    ----------
    names
        (G,) symbols, in alphabetical order.
    frequency
        (G,) share of all patients in whom the gene is altered, before anybody is left out.
    log_hazard_ratio
        (G,) log hazard ratio of its carriers, everything else the same; 0 for most.
    tilt
        (G,) how strongly the frequency follows the hazard of the primary site; 0 for most. The
        frequency at a site is proportional to exp(tilt x log hazard of the site).
    covered
        (panels, G) whether a panel holds the gene.
    """

    names: tuple[str, ...]
    frequency: NDArray[np.float64]
    log_hazard_ratio: NDArray[np.float64]
    tilt: NDArray[np.float64]
    covered: NDArray[np.bool_]

    def by_site(self, gene: int) -> NDArray[np.float64]:
        """(sites,) frequency of a gene at each primary site."""
        weight = np.exp(self.tilt[gene] * SITE_LOG_HAZARD)
        shares: NDArray[np.float64] = self.frequency[gene] * weight / (weight @ _SITE_SHARES)
        return shares


@dataclass(frozen=True, slots=True, eq=False)
class RegistryPatients:
    """The n patients of a registry; `carriers` holds those of the genes that act on the hazard.

    `site` and `panel` are places in `SITES` and `PANELS`. Days count from diagnosis: `entry` is
    the day of sequencing, `time` that of the event or the end of follow-up, always later.
    """

    site: NDArray[np.int8]
    age: NDArray[np.int16]
    male: NDArray[np.bool_]
    grade: NDArray[np.int8]
    panel: NDArray[np.int8]
    entry: NDArray[np.int32]
    time: NDArray[np.int32]
    event: NDArray[np.bool_]
    carriers: dict[int, NDArray[np.int32]]


def draw_genes(count: int, seed: int) -> RegistryGenes:
    """Draw what is true of the genes of a registry.

    Two in a thousand, at least two, act on the hazard (hazard ratio 1.25 to 2 or its inverse);
    one in twenty has a frequency that depends on the primary site; half of those that act do, too.

    Parameters
    ----------
    count
        Genes.
    seed
        Seed of the registry.

    Examples
    --------
    >>> genes = draw_genes(50, 1)
    >>> genes.names[0], int((genes.log_hazard_ratio != 0).sum()), bool(genes.covered[-1].all())
    ('G01', 2, True)
    """
    rng = _generator(seed, 0)
    order = rng.permutation(count)
    effects = min(count, max(_FEWEST_EFFECTS, round(_EFFECT_SHARE * count)))
    confounded = max(_FEWEST_EFFECTS, round(_CONFOUNDED_SHARE * count))
    log_hazard_ratio = np.zeros(count)
    low, high = np.log(_HAZARD_RATIOS).tolist()
    size = rng.uniform(low, high, effects)
    log_hazard_ratio[order[:effects]] = size * rng.choice((-1.0, 1.0), effects)
    tilt = np.zeros(count)
    tilted = order[effects // 2 : effects // 2 + confounded]
    tilt[tilted] = _TILT * rng.choice((-1.0, 1.0), len(tilted))
    rarest, commonest = np.log(_FREQUENCIES).tolist()
    place = np.argsort(rng.permutation(count))
    width = len(str(count))
    return RegistryGenes(
        names=tuple(f"G{i:0{width}d}" for i in range(1, count + 1)),
        frequency=np.exp(rng.uniform(rarest, commonest, count)),
        log_hazard_ratio=log_hazard_ratio,
        tilt=tilt,
        covered=np.array([place < np.ceil(share * count) for share in _PANEL_SHARES]),
    )


def draw_patients(n: int, genes: RegistryGenes, seed: int) -> RegistryPatients:
    """Draw patients until n were without the event when they were sequenced.

    Parameters
    ----------
    n
        Patients.
    genes
        What is true of the genes.
    seed
        Seed of the registry; the same seed gives the same patients.

    Examples
    --------
    >>> patients = draw_patients(100, draw_genes(50, 1), 1)
    >>> len(patients.time), bool((patients.entry < patients.time).all())
    (100, True)
    """
    rounds: list[RegistryPatients] = []
    found = 0
    for number in range(_MOST_ROUNDS):
        rounds.append(_draw_round(n, genes, seed, number))
        found += len(rounds[-1].time)
        if found >= n:
            break
    start = np.concatenate([[0], np.cumsum([len(item.time) for item in rounds])])
    carriers = {}
    for gene in rounds[0].carriers:
        parts = [item.carriers[gene] + np.int32(start[i]) for i, item in enumerate(rounds)]
        rows = np.concatenate(parts)
        carriers[gene] = rows[rows < n]
    columns = ("site", "age", "male", "grade", "panel", "entry", "time", "event")
    joined = {
        name: np.concatenate([getattr(item, name) for item in rounds])[:n] for name in columns
    }
    return RegistryPatients(**joined, carriers=carriers)


def draw_carriers(
    gene: int, genes: RegistryGenes, patients: RegistryPatients, seed: int
) -> NDArray[np.int32]:
    """Rows of the patients in whom a gene was found altered: carriers whose panel holds it.

    Every gene has a generator of its own, so the answer does not depend on which genes are asked
    for together.
    """
    rows = patients.carriers.get(gene)
    if rows is None:
        rows = _carriers(gene, genes, patients.site, _generator(seed, 2, gene))
    shown: NDArray[np.int32] = rows[genes.covered[patients.panel[rows], gene]]
    return shown


def _draw_round(n: int, genes: RegistryGenes, seed: int, number: int) -> RegistryPatients:
    """Draw n patients and keep those without the event at sequencing."""
    rng = _generator(seed, 1, number)
    site = rng.choice(len(SITES), n, p=_SITE_SHARES).astype(np.int8)
    age = np.clip(np.rint(rng.normal(60, 11, n)), 18, 90).astype(np.int16)
    male = rng.random(n) < 0.5  # noqa: PLR2004 - half are men
    grade = rng.choice((1, 2, 3), n, p=(0.35, 0.4, 0.25)).astype(np.int8)
    log_hazard = SITE_LOG_HAZARD[site] + AGE_LOG_HAZARD * (age - 60.0)
    log_hazard += MALE_LOG_HAZARD * male + GRADE_LOG_HAZARD * (grade - 1.0)
    carriers = {}
    for gene in np.flatnonzero(genes.log_hazard_ratio).tolist():
        carriers[gene] = _carriers(gene, genes, site, _generator(seed, 3, gene, number))
        log_hazard[carriers[gene]] += genes.log_hazard_ratio[gene]
    # cumulative hazard (t / scale)^shape exp(log_hazard) reaches an exponential draw at the event
    draw = rng.exponential(1.0, n) * np.exp(-log_hazard)
    event_day = np.ceil(_SCALE_DAYS * draw ** (1 / _SHAPE))
    late = rng.random(n) >= _AT_ORIGIN
    entry = np.where(late, np.floor(rng.exponential(_ENTRY_DAYS, n)), 0.0)
    followed = rng.integers(*_FOLLOWED_DAYS, n)
    last = entry + np.minimum(followed, np.ceil(rng.exponential(_LOST_DAYS, n)))
    # the longer ago a patient was sequenced, the older the panel
    version = 3 - (followed - 1) * 4 // _FOLLOWED_DAYS[1]
    panel = np.where(rng.random(n) < _EXOME_SHARE, len(PANELS) - 1, version).astype(np.int8)
    kept = event_day > entry
    place = (np.cumsum(kept) - 1).astype(np.int32)
    return RegistryPatients(
        site=site[kept],
        age=age[kept],
        male=male[kept],
        grade=grade[kept],
        panel=panel[kept],
        entry=entry[kept].astype(np.int32),
        time=np.minimum(event_day, last)[kept].astype(np.int32),
        event=(event_day <= last)[kept],
        carriers={gene: place[rows[kept[rows]]] for gene, rows in carriers.items()},
    )


def _carriers(
    gene: int, genes: RegistryGenes, site: NDArray[np.int8], rng: np.random.Generator
) -> NDArray[np.int32]:
    """Draw who carries a gene: by the highest frequency of any site, then thinned to each one's."""
    if not genes.tilt[gene]:
        return _bernoulli_rows(len(site), float(genes.frequency[gene]), rng)
    shares = genes.by_site(gene)
    rows = _bernoulli_rows(len(site), float(shares.max()), rng)
    thinned: NDArray[np.int32] = rows[rng.random(len(rows)) * shares.max() < shares[site[rows]]]
    return thinned


def _bernoulli_rows(n: int, share: float, rng: np.random.Generator) -> NDArray[np.int32]:
    """Rows of n independent draws that come out true, at a cost of those rows: gaps are geometric.

    Examples
    --------
    >>> rows = _bernoulli_rows(10_000, 0.5, np.random.default_rng(1))
    >>> 4_800 < len(rows) < 5_200, bool((np.diff(rows) > 0).all()), int(rows[-1]) < 10_000
    (True, True, True)
    """
    parts, last = [], -1
    while last < n:
        gaps = rng.geometric(share, int(n * share + 4 * np.sqrt(n * share)) + 10)
        parts.append(last + np.cumsum(gaps))
        last = int(parts[-1][-1])
    rows = np.concatenate(parts)
    return rows[: np.searchsorted(rows, n)].astype(np.int32)


def _generator(seed: int, *key: int) -> np.random.Generator:
    """Give a stream of its own to each part of the draw."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
