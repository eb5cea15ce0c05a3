"""Shapes that appear one after another, each at a click, as PowerPoint's own animation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count


def appearing(shapes: Sequence[int]) -> str:
    """The timing of a slide on which shapes of these numbers appear in turn; empty for none."""
    if not shapes:
        return ""
    ids = count(3)
    steps = "".join(_step(shape, ids) for shape in shapes)
    return (
        '<p:timing><p:tnLst><p:par><p:cTn id="1" dur="indefinite" restart="never" '
        'nodeType="tmRoot"><p:childTnLst><p:seq concurrent="1" nextAc="seek"><p:cTn id="2" '
        f'dur="indefinite" nodeType="mainSeq"><p:childTnLst>{steps}</p:childTnLst></p:cTn>'
        '<p:prevCondLst><p:cond evt="onPrev" delay="0"><p:tgtEl><p:sldTgt/></p:tgtEl></p:cond>'
        '</p:prevCondLst><p:nextCondLst><p:cond evt="onNext" delay="0"><p:tgtEl><p:sldTgt/>'
        "</p:tgtEl></p:cond></p:nextCondLst></p:seq></p:childTnLst></p:cTn></p:par></p:tnLst>"
        "</p:timing>"
    )


def _step(shape: int, ids: count[int]) -> str:
    """One click: the shape becomes visible."""
    outer, inner, effect, change = (next(ids) for _ in range(4))
    click, once = (
        f'<p:stCondLst><p:cond delay="{delay}"/></p:stCondLst>' for delay in ("indefinite", "0")
    )
    return (
        f'<p:par><p:cTn id="{outer}" fill="hold">{click}'
        f'<p:childTnLst><p:par><p:cTn id="{inner}" fill="hold">{once}'
        f'<p:childTnLst><p:par><p:cTn id="{effect}" presetID="1" presetClass="entr" '
        f'presetSubtype="0" fill="hold" nodeType="clickEffect">{once}'
        f'<p:childTnLst><p:set><p:cBhvr><p:cTn id="{change}" dur="1" fill="hold">'
        f'{once}</p:cTn><p:tgtEl><p:spTgt spid="{shape}"/>'
        "</p:tgtEl><p:attrNameLst><p:attrName>style.visibility</p:attrName></p:attrNameLst>"
        '</p:cBhvr><p:to><p:strVal val="visible"/></p:to></p:set></p:childTnLst></p:cTn></p:par>'
        "</p:childTnLst></p:cTn></p:par></p:childTnLst></p:cTn></p:par>"
    )
