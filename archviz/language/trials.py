"""A spec whose inputs have open sides: the network at several sizes, brought together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from archviz.errors import ArchvizError, Problem
from archviz.network.analysis import Analysis, analyse, told
from archviz.network.model import NOTHING, Network
from archviz.network.open_sides import sentence
from archviz.network.telling import BASES, MAX_NAMES, Telling, UntoldError, trial_sizes

if TYPE_CHECKING:
    from archviz.language.syntax import Spec

CLEAR = 192
"""The base at which what is wrong is told: not so large that it exceeds anything."""
Expand: TypeAlias = "Callable[[Spec, Mapping[str, int]], Network]"


def with_trials(spec: Spec, expand: Expand) -> Network:
    """The network of a spec with open sides; see :func:`analysed`."""
    return analysed(spec, expand)[0]


def analysed(spec: Spec, expand: Expand) -> tuple[Network, Analysis]:
    """The network of a spec and what it comes to, at the largest sizes at which everything fits.

    Raises:
        ArchvizError: it fits at none of those that are tried, or parameters depend on what is open.
    """
    if not spec.open:
        network = expand(spec, NOTHING)
        return network, analyse(network)
    if len(spec.open) > MAX_NAMES:
        message = f"more than {MAX_NAMES} sides are open"
        raise ArchvizError([Problem(spec.network[0].mark, message, "give some of them numbers")])
    problems: tuple[Problem, ...] = ()
    for base in BASES:
        telling = Telling(trial_sizes(spec.open, base))
        try:
            networks = [expand(spec, sizes) for sizes in telling.sizes]
            trials = [analyse(network) for network in networks]
        except ArchvizError as error:
            if base == CLEAR or not problems:
                problems = _told_problems(spec, expand, telling) or tuple(error.problems)
            continue
        with suppress(UntoldError):
            network = telling.together(networks)
            analysis = told(telling, trials)
            said = sentence(analysis.open, analysis.totals.macs is not None)
            figure = network.figure._replace(notes=(*network.figure.notes, said))
            trial = network._replace(figure=figure, sizes=telling.sizes, trials=tuple(networks))
            return trial, analysis
    if not problems:
        message = f"what the network is depends on what is open: {', '.join(spec.open)}"
        problems = (Problem(spec.network[0].mark, message, "give the sides numbers"),)
    raise ArchvizError(problems)


def _told_problems(spec: Spec, expand: Expand, telling: Telling) -> tuple[Problem, ...]:
    """What is wrong at all sizes, in words that hold for all; none where that differs."""
    found: list[Sequence[Problem]] = []
    for sizes in telling.sizes:
        try:
            analyse(expand(spec, sizes))
        except ArchvizError as error:
            found.append(tuple(error.problems))
        else:
            return ()
    try:
        told_problems: tuple[Problem, ...] = telling.together(found)
    except UntoldError:
        return ()
    return told_problems
