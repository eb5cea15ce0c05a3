"""The run of ``archviz export``: progress, problems, summary."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from archviz.cli.common import load_source, say_of
from archviz.cli.streams import note, say
from archviz.errors import ArchvizError, printable
from archviz.export import Analysed, Job, Picture, export_jobs, make_folder

if TYPE_CHECKING:
    from archviz.layout.page import Options
    from archviz.write.formats import Settings


def run_export(
    sources: Sequence[str],
    everything: bool,
    suffixes: Sequence[str],
    folder: str,
    write: Callable[[Job, Sequence[str]], int],
    read: Callable[[Sequence[Analysed]], tuple[list[Picture], Options, Settings]],
) -> bool:
    """Write all that was asked for and can be; whether nothing went wrong.

    ``write`` writes a file, none of those that were read, and gives its size; ``read`` says
    how networks are drawn. A problem with one network or file is reported, and the others
    are still written.
    """
    failures: list[ArchvizError] = []
    nets: list[Analysed] = []
    inputs: list[str] = []
    for source in chosen(sources, everything):
        try:
            net = load_source(source)
            proven = (net.network, net.analysis)
            inputs += net.files()
            nets.append(proven)
        except ArchvizError as error:
            failures.append(error)
            continue
        say_of(net)
    jobs: list[Job] = []
    if nets:
        pictures, options, settings = read(nets)
        jobs = export_jobs(pictures, suffixes, folder, options, settings)
        make_folder(folder)
    written = _write(jobs, failures, lambda job: write(job, inputs))
    for failure in failures:
        for problem in failure.problems:
            say(str(problem), err=True)
    note(_summary(written, nets, folder, failures))
    return not failures


def chosen(sources: Sequence[str], everything: bool) -> list[str]:
    """The networks that were asked for: named ones, all, or the classic ones."""
    from archviz.catalog import classics, names

    if everything:
        bundled = names()
        return [*bundled, *(source for source in sources if source not in bundled)]
    return list(sources) or [*classics()]


def _write(
    jobs: Sequence[Job], failures: list[ArchvizError], write: Callable[[Job], int]
) -> list[tuple[Job, int]]:
    """Write every file; a bar on a terminal, plain lines elsewhere."""
    written: list[tuple[Job, int]] = []
    bar = sys.stderr.isatty()
    with click.progressbar(
        jobs, file=sys.stderr, label="writing", item_show_func=_name, hidden=not bar
    ) as steps:
        for job in steps:
            try:
                written.append((job, write(job)))
                if not bar:
                    note(f"{job.path}  {size_text(written[-1][1])}")
            except ArchvizError as error:
                failures.append(error)
    return written


def _name(job: Job | None) -> str:
    return printable(job.path) if job else ""


def _summary(
    written: Sequence[tuple[Job, int]],
    nets: Sequence[object],
    folder: str,
    failures: Sequence[ArchvizError],
) -> str:
    files = "1 file" if len(written) == 1 else f"{len(written)} files"
    networks = "1 network" if len(nets) == 1 else f"{len(nets)} networks"
    total = size_text(sum(size for _, size in written))
    text = f"{files} of {networks} in {folder}, {total}"
    count = sum(len(failure.problems) for failure in failures)
    if count:
        text += f"; {count} problem{'s' if count > 1 else ''}, see above"
    return text


def size_text(size: int) -> str:
    """Bytes for people: ``20.4 kB``."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
