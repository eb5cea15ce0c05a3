"""Words that mean something here under another name; messages answer with ours."""

from collections.abc import Mapping

CALLED: Mapping[str, str] = {
    "bn": "batch-norm",
    "bn-unscaled": "batch-norm-unscaled",
    "no-bn": "no-norm",
    "batch": "batch-norm",
    "batch-unscaled": "batch-norm-unscaled",
    "layer": "layer-norm",
    "layer-unscaled": "layer-norm-unscaled",
    "layer-plain": "layer-norm-plain",
    "group": "group-norm",
    "instance": "instance-norm",
    "instance-plain": "instance-norm-plain",
    "rms": "rms-norm",
}
"""Ours by theirs."""
