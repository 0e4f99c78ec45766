#!/usr/bin/env python3
"""Set embogen up in .venv beside this file, then run it; nothing but Python is needed before.

python3 run.py demo [FOLDER]      run the SYNTHETIC model study (`embogen demo`)
python3 run.py test [ARGUMENTS]   run every check, then pytest with these arguments
"""

import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

if sys.version_info < (3, 11):  # noqa: UP036 - this file meets whatever Python a machine has
    sys.exit("embogen needs Python 3.11 or newer: run this file with one (python3.11 run.py ...).")

ROOT = Path(__file__).resolve().parent
VENV, LOG, STAMP = (ROOT / ".venv" / name for name in ("", "setup.log", "setup.stamp"))
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
ENV = {key: text for key, text in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
ENV |= {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}  # a hospital's proxy has its own certificate
MARKS = itertools.cycle("|/-\\")
WARM_UP = """import embogen, numpy as np
surv = embogen.Surv(np.array([1.0, 2, 3, 4, 5, 6]), np.array([1, 1, 0, 1, 0, 1]))
group = np.array([0, 1, 1, 0, 0, 1])
embogen.fit_cox(surv, embogen.Design.from_arrays(group[:, None] * 1.0, ["group"]))
embogen.kaplan_meier(surv), embogen.logrank(surv, group)"""
CHECKS: dict[str, list[str | Path]] = {
    "ruff check": [PYTHON, "-m", "ruff", "check", "."],
    "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "mypy": [PYTHON, "-m", "mypy"],
    "import contracts": [BIN / "lint-imports", "--no-logo"],
    "pytest": [PYTHON, "-m", "pytest"],  # last: its summary closes the output
}


def quietly(*command: str | Path, cwd: Path = ROOT) -> bool:
    """Run a step of the set-up, its chatter to the log and a spinner to the terminal."""
    with LOG.open("a", encoding="utf-8") as log:
        print("$", *command, file=log, flush=True)
        with subprocess.Popen(command, stdout=log, stderr=log, env=ENV, cwd=cwd) as step:
            while step.poll() is None:
                time.sleep(0.1)
                if sys.stderr.isatty():
                    spinner = f"{next(MARKS)} setting embogen up, once; this takes about a minute"
                    print(f"\r{spinner}\r", end="", file=sys.stderr, flush=True)
    return step.returncode == 0


def give_up(message: str) -> NoReturn:
    """End with what is wrong and what to do."""
    sys.exit(f"embogen could not be set up: {message}\nThe whole log is in {LOG}.")


def pip_of_debian() -> Path | None:
    """Unpack pip from Debian's own package, which needs no root, and return its wheel."""
    here = VENV / "debian"
    for folder in ("lists/partial", "archives/partial"):
        (here / folder).mkdir(parents=True)
    own = (
        "Acquire::Languages=none",
        f"Dir::State::Lists={here / 'lists'}",
        f"Dir::Cache={here}",
        "APT::Sandbox::User=root",
    )
    apt = ["apt-get", *(f"-o{setting}" for setting in own)]
    if quietly(*apt, "update") and quietly(*apt, "download", "python3-pip-whl", cwd=here):
        quietly("dpkg-deb", "-x", *here.glob("*.deb"), here)
    return next(here.glob("usr/share/python-wheels/pip-*.whl"), None)


def make_environment() -> list[str | Path]:
    """Make .venv by the first way this machine has; return the command that installs into it."""
    uv = shutil.which("uv")
    if uv and quietly(uv, "venv", "--allow-existing", "--python", sys.executable, VENV):
        return [uv, "pip", "install", "--python", PYTHON]
    if quietly(sys.executable, "-m", "venv", VENV):
        return [PYTHON, "-m", "pip", "install"]
    bare = quietly(sys.executable, "-m", "venv", "--without-pip", VENV)
    wheel = pip_of_debian() if bare and shutil.which("apt-get") else None
    if wheel is None:
        give_up("this Python has no pip; install uv, or python3-venv, and run this again.")
    return [PYTHON, wheel / "pip", "install"]


def set_up() -> None:
    """Install the locked packages and embogen itself, unless the stamp says that is done."""
    inputs = [(ROOT / name).read_bytes() for name in ("requirements.lock", "pyproject.toml")]
    place = f"{ROOT} {sys.version_info[:2]}".encode()
    stamp = hashlib.sha256(b"\0".join([*inputs, place])).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == stamp:
        return
    if (VENV / "pyvenv.cfg").exists() and not LOG.exists():
        sys.exit(f"{VENV} was not made by run.py: move it away, then run this again.")
    discarded = ROOT / ".venv-discarded"  # renamed first, so that a kill leaves no half .venv
    shutil.rmtree(discarded, ignore_errors=True)
    if VENV.exists():
        VENV.rename(discarded)
        shutil.rmtree(discarded, ignore_errors=True)
    VENV.mkdir()
    LOG.touch()
    install = make_environment()
    if not quietly(*install, "--no-compile", "--require-hashes", "-r", ROOT / "requirements.lock"):
        text = LOG.read_text(encoding="utf-8", errors="replace")
        if re.search("do not match the hashes|hash mismatch", text, re.IGNORECASE):
            give_up(
                "a downloaded package is not the one requirements.lock names (wrong hash), so it "
                "was not installed.\nEither the lock was changed (see `git diff`: restore it), or "
                "a mirror, proxy or cache altered the\nfile (clear the installer's cache, try "
                "another network). Do not install without the hashes."
            )
        tail = "\n".join(text.splitlines()[-3:])
        give_up(f"the packages could not be installed. Is the network there?\n{tail}")
    if not quietly(*install, "--no-index", "--no-deps", "--no-build-isolation", "-e", ROOT):
        give_up("its own package did not install.")
    quietly(PYTHON, "-c", WARM_UP)  # compiles the kernels into their cache; no harm if it fails
    STAMP.write_text(stamp)


def main(words: list[str]) -> int:
    """Set up, run one command and return its exit code."""
    if words[:1] not in (["demo"], ["test"]):
        print(__doc__, file=sys.stdout if words[:1] in (["-h"], ["--help"]) else sys.stderr)
        return 0 if words[:1] in (["-h"], ["--help"]) else 2
    set_up()
    if words[0] == "demo":
        return subprocess.call([PYTHON, "-m", "embogen", *words], env=ENV)
    failed = []
    for name, command in CHECKS.items():
        print(f"== {name}", flush=True)
        extra = words[1:] if name == "pytest" else []
        if subprocess.call([*command, *extra], cwd=ROOT, env=ENV):
            failed.append(name)
    if failed:
        print("failed:", ", ".join(failed))
    return int(bool(failed))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nStopped. What was not finished is done again on the next run.")
