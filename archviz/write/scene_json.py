"""JSON: the scene itself, every primitive with its box, so that a program can check it."""

from __future__ import annotations

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
        "fonts": list(scene.fonts),
        "items": [item_data(item) for item in scene.items],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def item_data(item: Item) -> dict[str, object]:
    """One item as plain data; ``box`` is [x, y, width, height] in pixels."""
    if isinstance(item, Group):
        return {
            "type": "group",
            "id": item.id,
            "role": item.role,
            "name": item.name,
            "detail": item.detail,
            "key": item.key,
            "items": [item_data(inner) for inner in item.items],
        }
    data: dict[str, object] = {"type": type(item).__name__.lower(), "role": item.role}
    data["box"] = [round(value, 2) for value in item.box]
    if isinstance(item, Shape):
        data |= {
            "id": item.id,
            "form": item.form,
            "fill": item.fill,
            "stroke": item.stroke,
            "line_width": item.line_width,
            "radius": item.radius,
            "shadow": item.shadow,
            "pattern": item.pattern,
            "texts": [item_data(text) for text in item.texts],
        }
    elif isinstance(item, Text):
        data |= {
            "text": item.text,
            "x": item.x,
            "y": round(item.y, 2),
            "size": item.size,
            "anchor": item.anchor,
            "bold": item.bold,
            "fill": item.fill,
        }
    elif isinstance(item, Line):
        data |= {"points": item.points, "stroke": item.stroke, "line_width": item.line_width}
    elif isinstance(item, Connector):
        data |= {
            "points": item.points,
            "route": item.route,
            "head": item.head,
            "head_length": item.head_length,
            "head_width": item.head_width,
            "source": item.source,
            "target": item.target,
            "stroke": item.stroke,
            "line_width": item.line_width,
        }
    return data
