"""Names of executed layers: ``conv-block1/conv2``."""

from __future__ import annotations


class Scope:
    """Names of the rows: a prefix, and how often each word was used behind it."""

    __slots__ = ("counts", "prefix", "used")

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.counts: dict[str, int] = {}
        self.used: set[str] = set()

    def path(self, word: str, name: str = "") -> str:
        """The next path for a kind or module, or for a name of its own."""
        base = name or word
        while True:
            number = self.counts[base] = self.counts.get(base, 0) + 1
            last = f"{name}-{number}" if name and number > 1 else name or f"{word}{number}"
            if last not in self.used:
                self.used.add(last)
                return self.prefix + last

    def inside(self, word: str, name: str = "") -> Scope:
        """The scope of what stands in a module, a tower, a shortcut."""
        return Scope(self.path(word, name) + "/")
