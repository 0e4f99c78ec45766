"""The command that scans a study's features."""

from __future__ import annotations

from pathlib import Path

from embogen.commands.exit_codes import OK
from embogen.terminal import progress, say


def scan(
    study: Path,
    *,
    scan: str | None = None,
    out: Path | None = None,
    threads: int | None = None,
    local_cluster: int | None = None,
    cluster: str | None = None,
    memory: float = 500.0,
    json: bool = False,
) -> int:
    """Test every feature of a cohort against the endpoints of a [[scan]].

    Parameters
    ----------
    study
        The study file, or the folder that holds study.toml.
    scan
        Id of one scan of the plan; all of them when not given.
    out
        Folder of the results; "scans" beside the study file when not given. Each scan has a folder
        in it. What is unfinished is kept there, too: run the same command and it goes on.
    threads
        Threads to use; all cores when not given.
    local_cluster
        Use so many worker processes of this machine, by dask.distributed.
    cluster
        Address of a dask scheduler (tcp://...), whose workers must see the study's files.
    memory
        Memory that one block of features may take, in megabytes.
    json
        Print a summary as JSON.
    """
    from embogen.report.scans import run_scans
    from embogen.scan.backends import backend_of
    from embogen.study.parse import read_study

    parsed = read_study(study)
    directory = out or parsed.folder / "scans"
    with (
        progress(quiet=json) as stage,
        backend_of(threads=threads, local_cluster=local_cluster, cluster=cluster) as backend,
    ):
        summary = run_scans(
            parsed, directory, only=scan, backend=backend, memory_mb=memory, progress=stage
        )
    say({**summary, "results": str(directory)}, json=json)
    return OK


COMMANDS = (scan,)
