"""Text as LaTeX that compiles with no package."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ESCAPES: Mapping[str, str] = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "^": r"\textasciicircum{}",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    '"': "''",
    "`": "{`}",
    "…": r"\ldots{}",
    "–": "--",
    "—": "---",
    "―": "---",
    "‒": "--",
    "−": "$-$",
    "⁄": "/",
    "∕": "/",
    "‘": "`",
    "’": "'",
    "‚": ",",
    "‛": "'",
    "“": "``",
    "”": "''",
    "„": ",,",
    "′": "'",
    "″": "''",
    "«": r"$\ll$",
    "»": r"$\gg$",
    "¡": "!`",
    "¿": "?`",
    "¦": "$|$",
    "\xa0": "~",
    "\xad": "",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ħ": "h",
    "Ħ": "H",
    "ŧ": "t",
    "Ŧ": "T",
    "ŋ": "ng",
    "Ŋ": "Ng",
    "ĸ": "k",
    "£": r"\pounds{}",
    "€": "EUR",
    "¥": "JPY",
    "¢": "ct",
    "§": r"\S{}",
    "¶": r"\P{}",
    "©": r"\copyright{}",
    "®": "(R)",
    "†": r"\dag{}",
    "‡": r"\ddag{}",
    "Α": "A",
    "Β": "B",
    "Ε": "E",
    "Ζ": "Z",
    "Η": "H",
    "Ι": "I",
    "Κ": "K",
    "Μ": "M",
    "Ν": "N",
    "Ο": "O",
    "Ρ": "P",
    "Τ": "T",
    "Υ": "Y",
    "Χ": "X",
    "ο": "o",
    "°": r"$^\circ$",
}
"""LaTeX, or the ASCII that comes nearest, for characters that TeX reads as something else."""
MATH: Mapping[str, str] = dict(
    re.findall(
        r"(\S) (\w+)",
        """
    × times ÷ div ± pm · cdot • bullet ∞ infty ≤ le ≥ ge ≠ ne ≈ approx √ surd ∑ sum ∏ prod
    → rightarrow ← leftarrow ↑ uparrow ↓ downarrow ↔ leftrightarrow ⇒ Rightarrow ∂ partial
    ∇ nabla ∈ in ∘ circ ∗ ast ⊕ oplus ⊗ otimes ⊙ odot ¬ neg µ mu ∆ Delta α alpha β beta γ gamma
    δ delta ε varepsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi π pi ρ rho
    ς varsigma σ sigma τ tau υ upsilon φ varphi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta
    Λ Lambda Ξ Xi Π Pi Σ Sigma Φ Phi Ψ Psi Ω Omega
""",
    )
)
"""Characters that are commands of LaTeX's mathematics."""
ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
}
"""LaTeX's accents for combining characters."""


def latex(text: str) -> str:
    """``text`` in LaTeX; a character that neither LaTeX nor ASCII has becomes ``?``."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    pairs = zip(composed, composed[1:] + " ", strict=False)
    return "".join("-{}" if char == after == "-" else _character(char) for char, after in pairs)


def _character(char: str) -> str:
    """One character in LaTeX."""
    if char in ESCAPES:
        return ESCAPES[char]
    if " " <= char <= "~":
        return char
    if char in MATH:
        return f"$\\{MATH[char]}$"
    parts = unicodedata.normalize("NFKD", char)
    if unicodedata.decomposition(char).startswith(("<super>", "<sub>")):
        sign = "^" if "<super>" in unicodedata.decomposition(char) else "_"
        return f"${sign}{{{parts}}}$" if parts.isascii() and parts.isalnum() else "?"
    if len(parts) > 1 and parts[0].isascii() and unicodedata.combining(parts[1]):
        accent = ACCENTS.get(parts[1]) if parts[0].isalpha() else None
        bare = {"i": r"\i", "j": r"\j"}.get(parts[0], parts[0])
        return f"\\{accent}{{{bare}}}" if accent else _character(parts[0])
    if parts != char:
        return "".join(_character(part) for part in parts)
    return "" if unicodedata.category(char) in ("Cc", "Cf", "Mn", "Me") else "?"


def beyond(text: str) -> str:
    """The characters of ``text`` that LaTeX has not, or not with all of their marks."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(char for char in composed if not _is_known(char))


def _is_known(char: str) -> bool:
    """Whether :func:`latex` gives a character as it is, or as well as ASCII does."""
    if char in ESCAPES or char in MATH or " " <= char <= "~":
        return True
    if unicodedata.category(char) in ("Mn", "Me"):
        return False
    parts = unicodedata.normalize("NFD", char)
    if len(parts) > 1:
        return len(parts) == 2 and parts[0].isascii() and parts[1] in ACCENTS
    return "?" not in _character(char)


def ascii_line(text: str) -> str:
    """``text`` in one line of ASCII, for a comment."""
    folded = unicodedata.normalize("NFKD", " ".join(text.split())).replace("×", "x")
    return re.sub("[^ -~]+", "?", re.sub("[\u0300-\u036f]", "", folded))
