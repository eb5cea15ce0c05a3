"""What stands around a figure on a slide: its title, the lines under it, its number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archviz.layout.canvas import Canvas, rounded
from archviz.layout.sheet import moved
from archviz.scene.scene import Group, Item, Page, Scene, extent
from archviz.scene.slide_form import OVER_TITLE, SlideForm
from archviz.scene.text import ASCENT, LINE_HEIGHT, clip, paragraph, text_width
from archviz.scene.theme import Theme

LEAD = 18.0
"""Letters of the lines under a title: 13.5 pt."""
MOST_LEAD = 4
"""Of these lines."""
TITLE, LEAST_TITLE = 32.0, 25.0
"""Letters of a title, and of one that names much."""
NUMBER = 16.0
ASIDE_GAP = 30.0


def lead_lines(line: str, aside: str, form: SlideForm) -> list[str]:
    """What stands under a title, in few lines; a placed title has ``aside`` below it."""
    beside = text_width(aside, LEAD) + ASIDE_GAP if aside and form.placed else 0.0
    lines = paragraph(line, form.inner - beside, LEAD)
    if len(lines) > MOST_LEAD:
        rest = " ".join(lines[MOST_LEAD - 1 :])
        lines[MOST_LEAD - 1 :] = [clip(rest, form.inner - beside, LEAD)]
    return lines


def lead_height(line: str, aside: str, form: SlideForm) -> float:
    """How much of a slide's room the lines under its title take."""
    lines = lead_lines(line, aside, form)
    count = max(len(lines), int(bool(aside) and form.placed))
    return count * LINE_HEIGHT * LEAD + (10.0 if form.placed and count else 0.0)


def slide_heading(
    title: str, line: str, aside: str, theme: Theme, form: SlideForm
) -> Iterator[Item]:
    """A slide's title, what stands at its right, and some lines below."""
    canvas = Canvas("heading")
    text, muted = theme.color("text"), theme.color("caption")
    left, top, inner, _ = form.title
    room = inner - (text_width(aside, LEAD) + ASIDE_GAP if aside and not form.placed else 0.0)
    baseline = top + ASCENT * TITLE if form.placed else OVER_TITLE
    y = (form.room[1] if form.placed else OVER_TITLE + 14) + ASCENT * LEAD
    wide = text_width(title, TITLE, bold=True)
    size = TITLE if wide <= room or form.placed else max(LEAST_TITLE, TITLE * room / wide)
    shown = title if form.placed else clip(title, room, size, bold=True)
    canvas.text(left, baseline, shown, size, text, bold=True, anchor="start", role="slide-title")
    if aside:
        beside = y if form.placed else OVER_TITLE
        canvas.text(form.right, beside, aside, LEAD, muted, anchor="end", role="aside")
    for part in lead_lines(line, aside, form):
        canvas.text(form.left, y, part, LEAD, muted, anchor="start", role="lead")
        y += LINE_HEIGHT * LEAD
    yield Group("heading", "heading", title, items=canvas.items())


def slide_scene(
    title: str, about: str, theme: Theme, form: SlideForm, items: Iterator[Item]
) -> Scene:
    """A slide of what stands in it."""
    return Scene(form.width, form.height, title, about, theme.color("page"), tuple(items))


def centred(
    items: Sequence[Item], form: SlideForm, lead: float, share: float = 0.42
) -> Iterator[Item]:
    """Items moved to the middle of the room under a slide's heading.

    ``share`` of what is free above and below stands above.
    """
    left, top, right, bottom = extent(items)
    start, height = form.below(lead)
    dx = rounded(form.left + (form.inner - (right - left)) / 2 - left)
    dy = rounded(start + max(0.0, (height - (bottom - top)) * share) - top)
    for item in items:
        yield moved(item, dx, dy)


def listed(names: Sequence[str]) -> str:
    """``a, b and c``."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def numbered(pages: Sequence[Page], theme: Theme, form: SlideForm) -> list[Page]:
    """The slides with their numbers, and titles of which no two are alike; a cover has none."""
    found, seen = list[Page](), dict[str, int]()
    for number, page in enumerate(pages, 1):
        count = seen[page.title] = seen.get(page.title, 0) + 1
        title = f"{page.title} ({count})" if count > 1 else page.title
        scene = page.scene
        if len(pages) > 1 and not any(item.role == "cover" for item in scene.items):
            canvas = Canvas("number")
            at, fill = (form.right, form.height - 7.0), theme.color("caption")
            canvas.text(*at, str(number), NUMBER, fill, anchor="end", role="slide-number")
            own = Group("number", "number", "Slide number", items=canvas.items())
            scene = scene._replace(items=(*scene.items, own))
        found.append(page._replace(scene=scene, title=title))
    return found


def height_under(about: str, form: SlideForm) -> float:
    """Pixels of a slide's room under a line that says what it shows."""
    return form.below(lead_height(about, "", form))[1]
