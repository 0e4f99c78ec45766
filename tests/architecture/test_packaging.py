"""What a stranger gets: one lock without hosts, a whole wheel, no trace of our machines."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from source_tree import PACKAGE, ROOT, place, project_files

# Written in pieces, so that this file does not hold what it looks for.
INDEX_HOSTS = re.compile(
    "|".join(
        re.escape(left + right)
        for left, right in (
            ("py", "pi.org"),
            ("python", "hosted"),
            ("registry.npm", "js"),
            ("deb.deb", "ian.org"),
            ("ana", "conda.org"),
        )
    ),
    re.IGNORECASE,
)
MACHINE_PATHS = re.compile(r"(?<![\w.\-/:])/(?:root|work|home/\w+|Users/\w+)/[\w.]")


def text_of(path: Path) -> str:
    raw = path.read_bytes()
    return "" if b"\0" in raw[:8192] else raw.decode("utf-8", errors="replace")


def places(pattern: re.Pattern[str]) -> list[str]:
    return [
        place(path, number)
        for path in project_files()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


def locked() -> dict[str, tuple[list[Requirement], int]]:
    """Read the lock: by package, its requirements (one per marker) and its number of hashes."""
    found: dict[str, tuple[list[Requirement], int]] = {}
    logical = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in logical.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pinned, *hashes = line.split("--hash=")
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", item.strip()) for item in hashes), pinned
        requirement = Requirement(pinned.strip())
        name = canonicalize_name(requirement.name)
        requirements, count = found.get(name, ([], 0))
        found[name] = ([*requirements, requirement], count + len(hashes))
    return found


def declared() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    texts = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    return [Requirement(text) for text in texts]


def test_no_file_names_a_package_index() -> None:
    assert places(INDEX_HOSTS) == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    here = re.compile(re.escape(f"{ROOT.parent}/")) if len(ROOT.parent.parts) > 1 else None
    assert places(MACHINE_PATHS) == []
    assert here is None or places(here) == []


def test_the_lock_pins_every_package_with_its_hashes() -> None:
    for name, (requirements, hashes) in locked().items():
        assert hashes, name
        for requirement in requirements:
            assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), str(requirement)


def test_the_lock_holds_what_the_project_declares() -> None:
    lock = locked()
    for requirement in declared():
        pinned, _ = lock.get(canonicalize_name(requirement.name), ([], 0))
        assert pinned, f"{requirement} is not in requirements.lock: make it again (CONTRIBUTING.md)"
        for item in pinned:
            version = str(item.specifier).removeprefix("==")
            assert requirement.specifier.contains(version), f"{requirement}, locked {version}"


def test_the_lock_serves_every_platform_and_python() -> None:
    markers = " ".join(str(item.marker) for items, _ in locked().values() for item in items)
    assert 'sys_platform == "win32"' in markers
    # numpy's wheels: several Pythons, each for Linux, macOS and Windows
    assert locked()["numpy"][1] > 30


def test_no_other_lock_is_in_the_project() -> None:
    others = {"uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "pylock.toml"}
    assert [path.name for path in project_files() if path.name in others] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_the_package(wheel: set[str]) -> None:
    files = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in project_files()
        if path.is_relative_to(PACKAGE)
    }
    assert {"embogen/py.typed", "embogen/study/demo_data/study.toml"} <= files
    assert files <= wheel


def test_the_wheel_holds_nothing_but_the_package(wheel: set[str]) -> None:
    strange = {
        name
        for name in wheel
        if "__pycache__" in name or not name.startswith(("embogen/", "embogen-"))
    }
    assert strange == set()
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
