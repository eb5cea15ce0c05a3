"""The Jinja2 templates, which ship with the package."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def template_folder() -> str:
    """``archviz/templates`` where installed, ``templates`` beside it in a checkout."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(here, "templates")
    return installed if os.path.isdir(installed) else os.path.join(here, "..", "templates")


def cache_folder() -> str:
    """A folder of the user's for compiled templates, or the empty string without one."""
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    folder = os.path.join(base or os.path.expanduser("~/.cache"), "archviz")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError:
        return ""
    return folder if os.access(folder, os.W_OK) else ""


@cache
def environment() -> Environment:
    """Escapes everything; an undefined name is an error."""
    from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined

    folder = cache_folder()  # compiling a template takes longer than rendering it
    return Environment(
        loader=FileSystemLoader(template_folder()),
        autoescape=True,
        bytecode_cache=FileSystemBytecodeCache(folder) if folder else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def render_template(name: str, **values: object) -> str:
    """A template filled in."""
    return environment().get_template(name).render(values)
