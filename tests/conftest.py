"""Options, data and the hypothesis profile that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

# The same examples on every CI run, so that a red run can be repeated; no deadline, because the
# first call of a compiled kernel takes seconds.
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("embogen")
    group.addoption(
        "--full",
        action="store_true",
        help="run the tests marked slow, the long seeded forms of statistical tests, too",
    )
    group.addoption(
        "--cases",
        action="append",
        default=None,
        type=Path,
        metavar="DIR",
        help="a folder of reference cases for tests/reference; may be given more than once",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    skip = pytest.mark.skip(reason="long form of a statistical test; run with --full")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def repo_root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Give the folder of real cohorts; they are not part of the repository."""
    named = os.environ.get("EMBOGEN_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        why = f"EMBOGEN_DATA names {named}" if named else "EMBOGEN_DATA is not set"
        pytest.skip(f"the real cohorts are not here ({why}; no folder shared/data beside it)")
    return folder
