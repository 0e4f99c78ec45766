"""Find the case files, and end the run with one line per case."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from reference_model import Case, Findings

OWN = Path(__file__).parent / "cases"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "cases"
RESULTS = pytest.StashKey[dict[str, Findings]]()
FOLDERS = pytest.StashKey[tuple[list[Path], str]]()


def case_folders(config: pytest.Config) -> tuple[list[Path], str]:
    """The folders asked for, besides our own; and why none, when there is none."""
    asked = config.getoption("--cases")
    if asked:
        return [OWN, *asked], ""
    named = os.environ.get("EMBOGEN_CASES")
    folder = Path(named) if named else SHARED
    if folder.is_dir():
        return [OWN, folder], ""
    where = f"EMBOGEN_CASES names {named}" if named else "no folder shared/cases beside it"
    return [OWN], f"the shared reference cases are not here ({where})"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESULTS] = {}
    config.stash[FOLDERS] = case_folders(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    folders, _ = case_folders(metafunc.config)
    paths = [path for folder in folders for path in sorted(folder.glob("*.json"))]
    metafunc.parametrize("case", [Case.read(path) for path in paths], ids=[p.stem for p in paths])


@pytest.fixture
def record_case(request: pytest.FixtureRequest):
    def record(case: Case, found: Findings) -> None:
        request.config.stash.setdefault(RESULTS, {})[case.path.stem] = found

    return record


def verdict(found: Findings) -> str:
    if found.wrong:
        return "FAILED"
    return "passed" if found.compared else "not yet"


def line(name: str, found: Findings) -> str:
    parts = [f"{verdict(found):8}{name:34} {found.compared:4} figures"]
    if found.compared:
        parts.append(f"largest relative difference {found.worst:.1e}")
    if found.wrong:
        parts.append(f"wrong: {len(found.wrong)}")
    for title, names in (("not yet", found.not_yet), ("unknown", found.unknown)):
        if names:
            shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
            parts.append(f"{title}: {shown}")
    return "; ".join(parts)


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    results = config.stash.get(RESULTS, {})
    if not results:
        return
    terminalreporter.section("reference cases")
    for name in sorted(results):
        terminalreporter.write_line(line(name, results[name]))
    verdicts = [verdict(found) for found in results.values()]
    waiting = sum(bool(found.not_yet) for found in results.values())
    unknown = sum(bool(found.unknown) for found in results.values())
    terminalreporter.write_line(
        f"{verdicts.count('passed')} of {len(verdicts)} cases passed in all that is built, "
        f"{verdicts.count('FAILED')} failed, {verdicts.count('not yet')} wholly not yet; "
        f"{waiting} have blocks not yet built, {unknown} have blocks of unknown shape"
    )
    _, why = case_folders(config)
    if why:
        terminalreporter.write_line(why)
