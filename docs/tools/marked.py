"""Parts of a page that are generated, between ``<!-- name:begin -->`` and ``<!-- name:end -->``."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def filled(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The page with its generated parts made anew."""
    for name, build in parts.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        head, _, rest = page.partition(begin)
        _, found, tail = rest.partition(end)
        assert found, f"the page lacks {begin} ... {end}"
        page = f"{head}{begin}\n{build()}\n{end}{tail}"
    return page
