"""The run of ``archviz export``: progress, problems, summary."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import click

from archviz.cli.beside import Processes
from archviz.cli.common import load_source, say_of
from archviz.cli.streams import note, say
from archviz.errors import ArchvizError, printable
from archviz.export import Analysed, Begun, Job, Picture, Told, export_jobs, make_folder

if TYPE_CHECKING:
    from archviz.layout.page import Options
    from archviz.write.formats import Settings


def run_export(
    sources: Sequence[str],
    everything: bool,
    suffixes: Sequence[str],
    folder: str,
    begin: Callable[[Job, Sequence[str], Told], Begun],
    read: Callable[[Sequence[Analysed]], tuple[list[Picture], Options, Settings]],
) -> bool:
    """Write all that was asked for and can be; whether nothing went wrong.

    ``begin`` begins a file, none of those that were read, and gives what writes it and gives its
    size; ``read`` says how networks are drawn. A problem with one network or file is reported,
    and the others are still written.
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
    written = _write(jobs, failures, lambda job, told: begin(job, inputs, told))
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
    jobs: Sequence[Job],
    failures: list[ArchvizError],
    begin: Callable[[Job, Told], Begun],
) -> list[tuple[Job, int]]:
    """Write every file; a bar on a terminal, plain lines elsewhere, in the order of the jobs."""
    begun: dict[str, tuple[Begun, Future[bytes]]] = {}
    waiting, written = deque(jobs), list[tuple[Job, int]]()
    with Progress(jobs) as progress, Processes(jobs) as processes:

        def start(job: Job) -> tuple[Begun, Future[bytes]]:
            try:
                parts = begin(job, partial(progress.told, job))
                return parts, processes.submit(job, parts.make)
            except ArchvizError as error:
                failed: Future[bytes] = Future()
                failed.set_exception(error)
                return Begun(bytes, len), failed

        def collect(wait: bool) -> None:
            """Write what has been made, as far as nothing before it is still being."""
            while waiting and waiting[0].path in begun:
                job = waiting[0]
                (make, write), made = begun[job.path]
                if not (wait or made.done()):
                    return
                waiting.popleft()
                del begun[job.path]
                try:
                    written.append((job, write(processes.result(make, made))))
                    if progress.hidden:
                        note(f"{job.path}  {size_text(written[-1][1])}")
                except ArchvizError as error:
                    failures.append(error)

        for job in sorted(jobs, key=lambda job: not job.apart):  # those beside first
            begun[job.path] = start(job)
            begun[job.path][1].add_done_callback(partial(progress.ended, job))
            collect(wait=False)
        collect(wait=True)
    return written


class Progress:
    """A bar on a terminal that moves with the work that jobs have done, whoever tells of it."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.hidden = not sys.stderr.isatty()
        self.left = {job.path: job.work for job in jobs}
        self.lock = Lock()
        self.bar = click.progressbar(
            length=max(round(sum(self.left.values()) * STEPS), 1),
            file=sys.stderr,
            label="writing",
            item_show_func=_name,
            hidden=self.hidden,
        )
        self.owed = 0.0

    def __enter__(self) -> Progress:
        self.bar.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.bar.__exit__(*error)

    def told(self, job: Job, work: float) -> None:
        """So much more of a job is done."""
        with self.lock:  # a process may end at any time
            work = min(work, self.left[job.path])
            self.left[job.path] -= work
            self.owed += work * STEPS
            steps, self.owed = int(self.owed + 1e-9), self.owed - int(self.owed + 1e-9)
            if steps:
                self.bar.update(steps, job)

    def ended(self, job: Job, _: object) -> None:
        """What makes a job's bytes has come to its end."""
        self.done(job)

    def done(self, job: Job) -> None:
        """All of a job is done, or it failed."""
        self.told(job, self.left[job.path])


STEPS = 4
"""Of the bar for a unit of work."""


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
