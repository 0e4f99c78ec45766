"""The layers of docs/architecture.md hold, and the contracts notice when they do not."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from source_tree import PACKAGE, ROOT

CONTRACTS = {
    "layers": LayersContract,
    "forbidden": ForbiddenContract,
    "acyclic_siblings": AcyclicSiblingsContract,
}
STATISTICS = {"survival", "inference", "scan", "evidence"}
CLINIC = {"cohort", "endpoint", "genomics", "io", "simulate"}
MOST_HOPS = 4


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    return read_configuration(str(ROOT / ".importlinter"))


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("embogen", include_external_packages=True, cache_dir=None)


def broken(settings: dict[str, Any], graph: grimp.ImportGraph) -> list[str]:
    names = []
    for options in settings["contracts_options"]:
        contract = CONTRACTS[options["type"]](options["name"], settings["session_options"], options)
        if not contract.check(deepcopy(graph), verbose=False).kept:
            names.append(options["name"])
    return names


def existing(names: set[str]) -> set[str]:
    return {
        f"embogen.{name}"
        for name in names
        if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()
    }


def test_every_import_contract_holds(settings: dict[str, Any], graph: grimp.ImportGraph) -> None:
    assert broken(settings, graph) == [], "run lint-imports: it shows the chains of imports"


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("embogen.surv", "embogen.cohort.model", "Layers"),
        ("embogen.io.maf", "embogen.inference.cox", "The clinic knows no statistics"),
        ("embogen.evidence.comparison", "embogen.genomics.calls", "Statistics knows no patients"),
        ("embogen.cohort.model", "embogen.cohort.checks", "No cycles anywhere"),
        ("embogen.survival", "polars", "Kernels are arrays only"),
    ],
)
def test_a_forbidden_import_is_noticed(
    importer: str, imported: str, contract: str, settings: dict[str, Any], graph: grimp.ImportGraph
) -> None:
    spoilt = deepcopy(graph)
    assert {importer, imported} <= spoilt.modules
    spoilt.add_import(importer=importer, imported=imported)
    assert contract in broken(settings, spoilt)


def test_each_pillar_is_held_apart_from_the_whole_other_one(settings: dict[str, Any]) -> None:
    by_name = {options["name"]: options for options in settings["contracts_options"]}
    statistics, clinic = existing(STATISTICS), existing(CLINIC)
    for name, sources, forbidden in (
        ("Statistics knows no patients", statistics, clinic),
        ("The clinic knows no statistics", clinic, statistics),
    ):
        assert set(by_name[name]["source_modules"]) == sources
        assert set(by_name[name]["forbidden_modules"]) == forbidden


def test_the_web_viewer_has_a_contract_as_soon_as_it_exists(settings: dict[str, Any]) -> None:
    sources = {
        source
        for options in settings["contracts_options"]
        for source in options.get("source_modules", [])
    }
    assert existing({"web"}) <= sources


def test_few_hops_from_the_command_line_to_a_kernel(graph: grimp.ImportGraph) -> None:
    chain = graph.find_shortest_chain("embogen.cli", "embogen.survival", as_packages=True)
    assert chain is not None
    assert len(chain) - 1 <= MOST_HOPS, " -> ".join(chain)
