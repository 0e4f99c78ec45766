"""run.py: what it does with a working, a failing and an absent installer, without a network."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

UV = """#!/bin/sh
echo "uv $*" >> "{calls}"
case "$1 $2" in
  "venv --allow-existing")
    mkdir -p "{clone}/.venv/bin"; touch "{clone}/.venv/pyvenv.cfg"
    for name in python lint-imports; do
      printf '#!/bin/sh\\necho "%s $*"\\n{outcome}' $name > "{clone}/.venv/bin/$name"
      chmod +x "{clone}/.venv/bin/$name"
    done ;;
  "pip install") {install} ;;
esac
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for uv is a shell script")


class Clone:
    """A copy of run.py and what it reads, with a stand-in for uv on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self.tools = folder / "tools"
        self.log = folder / "calls.txt"
        self.folder.mkdir()
        self.tools.mkdir()
        for name in ("run.py", "requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self.folder)

    def give_uv(self, install: str = ":", outcome: str = "") -> None:
        uv = self.tools / "uv"
        uv.write_text(
            UV.format(calls=self.log, clone=self.folder, install=install, outcome=outcome)
        )
        uv.chmod(0o755)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(self.folder / "run.py"), *words],
            env={"PATH": f"{self.tools}:/usr/bin:/bin", "HOME": str(self.folder)},
            cwd=self.folder.parent,
            capture_output=True,
            text=True,
            check=False,
        )

    def installs(self) -> int:
        return self.log.read_text().count("--require-hashes") if self.log.exists() else 0


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_it_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse((ROOT / "run.py").read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {item.name.partition(".")[0] for item in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    assert names <= sys.stdlib_module_names


@pytest.mark.parametrize("words", [(), ("dmeo",), ("install", "demo")])
def test_an_unknown_command_is_answered_with_the_usage(
    words: tuple[str, ...], clone: Clone
) -> None:
    ran = clone.run(*words)
    assert ran.returncode == 2
    assert "run.py demo" in ran.stderr
    assert ran.stdout == ""
    assert not (clone.folder / ".venv").exists()


def test_help_is_not_an_error(clone: Clone) -> None:
    ran = clone.run("--help")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "run.py test" in ran.stdout


def test_demo_sets_up_once_and_hands_its_words_on(clone: Clone) -> None:
    clone.give_uv()
    first = clone.run("demo", "my folder")
    assert (first.returncode, first.stdout) == (0, "python -m embogen demo my folder\n")
    assert first.stderr == ""
    second = clone.run("demo")
    assert second.stdout == "python -m embogen demo\n"
    assert clone.installs() == 1
    assert "--no-index --no-deps --no-build-isolation -e" in clone.log.read_text()


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_input_is_set_up_again(name: str, clone: Clone) -> None:
    clone.give_uv()
    clone.run("demo")
    with (clone.folder / name).open("a") as file:
        file.write("# changed\n")
    clone.run("demo")
    assert clone.installs() == 2


def test_an_interrupted_set_up_is_begun_again(clone: Clone) -> None:
    clone.give_uv(install="kill -9 $PPID; exit 1")
    assert clone.run("demo").returncode == -9
    assert (clone.folder / ".venv" / "pyvenv.cfg").exists()
    (clone.folder / ".venv" / "left-over").touch()
    clone.give_uv()
    assert clone.run("demo").returncode == 0
    assert not (clone.folder / ".venv" / "left-over").exists()
    assert clone.installs() == 2


@pytest.mark.parametrize(
    "words",
    ["error: Hash mismatch for numpy", "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE"],
)
def test_a_wrong_hash_ends_in_an_explanation(words: str, clone: Clone) -> None:
    clone.give_uv(install=f"echo '{words}'; exit 1")
    ran = clone.run("demo")
    assert ran.returncode == 1
    for part in ("wrong hash", "git diff", "cache", "setup.log"):
        assert part in ran.stderr
    assert not (clone.folder / ".venv" / "setup.stamp").exists()


def test_a_failed_download_shows_the_end_of_the_log(clone: Clone) -> None:
    clone.give_uv(install="echo 'no route to host'; exit 1")
    ran = clone.run("test")
    assert ran.returncode == 1
    assert "no route to host" in ran.stderr
    assert "network" in ran.stderr
    assert "wrong hash" not in ran.stderr


def test_an_environment_of_someone_else_is_left_alone(clone: Clone) -> None:
    clone.give_uv()
    (clone.folder / ".venv").mkdir()
    (clone.folder / ".venv" / "pyvenv.cfg").touch()
    ran = clone.run("test")
    assert ran.returncode == 1
    assert "not made by run.py" in ran.stderr
    assert clone.installs() == 0


def test_test_runs_every_check_and_pytest_last(clone: Clone) -> None:
    clone.give_uv()
    ran = clone.run("test", "-k", "cox")
    lines = [line for line in ran.stdout.splitlines() if not line.startswith("==")]
    assert lines == [
        "python -m ruff check .",
        "python -m ruff format --check .",
        "python -m mypy",
        "lint-imports --no-logo",
        "python -m pytest -k cox",
    ]
    assert ran.returncode == 0


def test_a_failed_check_fails_the_run_and_the_others_still_run(clone: Clone) -> None:
    clone.give_uv(outcome='case "$*" in *mypy*) exit 1;; esac\\n')
    ran = clone.run("test")
    assert ran.returncode == 1
    assert "python -m pytest" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "failed: mypy"
