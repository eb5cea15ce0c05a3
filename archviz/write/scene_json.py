"""JSON: the scene itself, every primitive with its box, so that a program can check it."""

from __future__ import annotations

from typing import assert_never

from archviz.scene.chosen_font import chosen_families
from archviz.scene.scene import Connector, Group, Item, Line, Scene, Shape, Text


def write_json(scene: Scene) -> str:
    """The scene as JSON; see ``docs/scene.md`` for the fields."""
    import json

    document = {
        "title": scene.title,
        "description": scene.description,
        "width": scene.width,
        "height": scene.height,
        "background": scene.background,
        "fonts": [*chosen_families(), *scene.fonts],
        "items": [item_data(item) for item in scene.items],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def item_data(item: Item) -> dict[str, object]:
    """One item as plain data; ``box`` is [x, y, width, height] in pixels."""
    if isinstance(item, Group):
        inner = [item_data(part) for part in item.items]
        return {"type": "group", **_fields(item, "id role name detail key"), "items": inner}
    box = [round(value, 2) for value in item.box]
    data: dict[str, object] = {"type": type(item).__name__.lower(), "role": item.role, "box": box}
    match item:
        case Shape():
            data |= _fields(item, "id form fill stroke line_width radius shadow pattern dash")
            data["texts"] = [item_data(text) for text in item.texts]
        case Text():
            data |= _fields(item, "text x y size anchor bold fill") | {"y": round(item.y, 2)}
        case Line():
            data |= _fields(item, "points stroke line_width")
        case Connector():
            data |= _fields(item, "points route head head_length head_width source target")
            data |= _fields(item, "stroke line_width dash")
        case _:
            assert_never(item)
    return data


def _fields(item: Item, names: str) -> dict[str, object]:
    return {name: getattr(item, name) for name in names.split()}
