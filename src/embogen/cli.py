"""The command line: which commands there are, and how they end.

The commands themselves are in `embogen.commands`; each makes one library call and prints.

Exit codes: 0 all went well, 1 an analysis failed, 2 the plan or the command is wrong, 3 the data
are wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from embogen import __version__
from embogen.commands.exit_codes import BAD_DATA, BAD_PLAN, FAILED, OK
from embogen.errors import DataError, EmbogenError, PlanError, PlanProblem
from embogen.terminal import fail, first_screen

COMMANDS = {
    "demo": "Write the SYNTHETIC model study to a folder and run it.",
    "init": "Make a folder with a study file and empty tables to fill in.",
    "check": "Check a study file and its data; compute nothing.",
    "run": "Run a study and write its results directory.",
    "scan": "Test every feature of a cohort against the endpoints of a [[scan]].",
    "report": "Write report, tables and figures again from a results directory.",
    "volume": "Measure the volume of each segment of a mask.",
    "deidentify": "Write a study anew without identifiers, and the key back to another place.",
    "simulate": "Write a SYNTHETIC cohort of known truth as a study that can be run.",
    "power": "Tell which hazard ratios a study can show, by formula and by simulation.",
    "export": "Write a study in the format of other software.",
    "reconstruct": "Search for a cohort that fits a published table.",
}
"""Every command with its one-line help; the first screen is printed from it, without imports."""


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - one return per kind of outcome
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words in (["--help"], ["-h"]):
        sys.stdout.write(first_screen(COMMANDS))
        return OK if words else BAD_PLAN
    if words == ["--version"]:
        sys.stdout.write(f"{__version__}\n")
        return OK
    try:
        return _dispatch(words)
    except PlanError as error:
        return fail(error.problems, "The study cannot be run as planned", BAD_PLAN, words)
    except DataError as error:
        return fail(error.problems, "The data cannot be used as they are", BAD_DATA, words)
    except EmbogenError as error:
        return fail([error], "The analysis could not be carried out", FAILED, words)
    except BrokenPipeError:
        return OK
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; nothing was written.\n")
        return 130


def _dispatch(words: list[str]) -> int:
    from cyclopts import App, CycloptsError, Parameter

    from embogen.commands import clinic, cohorts, design, exports, scan, studies

    flags = Parameter(negative="")  # --json has no --no-json
    app = App(name="embogen", version=__version__, help_format="plaintext", default_parameter=flags)
    for group in (studies, scan, clinic, cohorts, design, exports):
        for function in group.COMMANDS:
            inner = cohorts.SUBCOMMANDS.get(function, ())
            if not inner:
                app.command(function)
                continue
            under = App(name=function.__name__, help_format="plaintext", default_parameter=flags)
            under.default(function)
            for command in inner:
                under.command(command)
            app.command(under)
    try:
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        remedy = f"See `embogen {words[0]} --help`." if words[0] in COMMANDS else "See --help."
        message = " ".join(str(error).split()).rstrip(".")
        return fail([PlanProblem("command", message, remedy)], "", BAD_PLAN, words)
    return code if isinstance(code, int) else OK
