"""The Jinja2 templates: compiled in an installed package, as sources in a checkout."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment


def source_environment(folder: str) -> Environment:
    """The environment of templates that are read from their sources in a folder."""
    from jinja2 import FileSystemLoader

    return _environment(FileSystemLoader(folder))


def compiled_environment(folder: str) -> Environment:
    """The environment of templates that ``templates/compile.py`` has made modules in a folder."""
    from jinja2 import ModuleLoader

    return _environment(ModuleLoader(folder))


def _environment(loader: BaseLoader) -> Environment:
    """Escapes all that a template does not except; an undefined name is an error."""
    from jinja2 import Environment, StrictUndefined

    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


@cache
def _bundled() -> Environment:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    compiled = os.path.join(package, "templates")
    if os.path.isdir(compiled):
        return compiled_environment(compiled)
    return source_environment(os.path.join(package, "..", "templates"))


def render_template(name: str, **values: object) -> str:
    """A template filled in."""
    return _bundled().get_template(name).render(values)
