"""The way of a value through a figure, packed for an HTML page, which unpacks it when asked."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archviz.scene.scene import Scene


def packed_way(scene: Scene, keys: Sequence[str]) -> str:
    """The visits and places of a scene as deflated JSON in base64; empty where there are none.

    ``keys`` are those of the layers that the page draws, in its order: their numbers stand for
    them, -1 for what is not drawn.
    """
    if not scene.visits:
        return ""
    numbers = {key: number for number, key in reversed([*enumerate(keys)])}
    whats = list(dict.fromkeys(visit.what for visit in scene.visits))
    fullest = sorted(scene.visits, key=lambda visit: -len(visit.facts))  # they have the order
    terms = dict.fromkeys(term for visit in fullest for term, _ in visit.facts)
    facts = [dict(visit.facts) for visit in scene.visits]
    known = {place.key: place.facts for place in scene.places}
    data = {  # by columns, which are alike and deflate well
        "groups": [[numbers.get(key, -1) for key in visit.keys] for visit in scene.visits],
        "paths": "\n".join(visit.path for visit in scene.visits),
        "whats": whats,
        "what": [whats.index(visit.what) for visit in scene.visits],
        "facts": {term: "\n".join(one.get(term, "") for one in facts) for term in terms},
        "cards": {number: known[key] for number, key in enumerate(keys) if key in known},
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")
