"""Networks to slides: on our own or on those of a house's template; a cover, if one is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from archviz.scene.scene import Page
from archviz.scene.slide_form import SlideForm, own_form

if TYPE_CHECKING:
    from archviz.layout.page import Options
    from archviz.network.analysis import Analysis
    from archviz.network.model import Network
    from archviz.scene.scene import Scene
    from archviz.scene.theme import Theme
    from archviz.write.formats import Format, Settings


class Stage(NamedTuple):
    """What slides are drawn for: a theme, and their form."""

    theme: Theme
    form: SlideForm


@contextmanager
def stage_for(theme: Theme, output: Format, settings: Settings) -> Iterator[Stage]:
    """The stage of slides in a format; within it texts are measured as they will be set.

    Raises:
        ArchvizError: the template cannot be read.
    """
    if not settings.template or "template" not in output.options:
        yield Stage(theme, own_form(settings.aspect))
        return
    from archviz.scene.chosen_font import chosen_families, first_font
    from archviz.scene.system_fonts import file_of_family
    from archviz.scene.theme_accents import on_accents
    from archviz.scene.theme_ground import on_ground
    from archviz.write.pptx_template import read_template

    template = read_template(settings.template)
    colours = template.colours
    if template.ink in colours.scheme:
        theme = on_ground(theme, template.ground, colours.scheme[template.ink])
    if settings.accents:
        theme = on_accents(theme, colours.scheme)
    with ExitStack() as stack:
        own = "" if chosen_families() else file_of_family(colours.fonts[1])
        if own:
            stack.enter_context(first_font(own))
        yield Stage(theme, template.form)


def network_slides_bytes(
    net: tuple[Network, Analysis], options: Options, output: Format, settings: Settings
) -> bytes:
    """The slides of one network."""
    assert output.bind, f"{output.suffix} has no slides"
    with stage_for(options.theme, output, settings) as stage:
        pages = network_pages(net, options, stage, settings)
        title = settings.deck_title or net[0].head.title
        return output.bind(pages, title, "", settings)


def network_pages(
    net: tuple[Network, Analysis], options: Options, stage: Stage, settings: Settings
) -> list[Page]:
    """The slides of one network, with speaker notes; with a cover, if its title is told."""
    from archviz.layout.cover import cover_page
    from archviz.layout.deck import slide_pages
    from archviz.layout.slide_frame import numbered

    head, form = net[0].head, stage.form
    pages = slide_pages(*net, stage.theme, options.detail, form)
    if settings.deck_title:
        pages.insert(0, cover_page([head], stage.theme, form, settings.cover()))
    return numbered(pages, stage.theme, form)


def slides_bytes(
    draw: Callable[[Options, SlideForm], Sequence[Scene]],
    output: Format,
    options: Options,
    settings: Settings,
) -> bytes:
    """Slides that show several networks, drawn for a form of slides."""
    from archviz.layout.slide_frame import numbered

    assert output.bind, f"{output.suffix} has no slides"
    with stage_for(options.theme, output, settings) as stage:
        scenes = draw(options._replace(theme=stage.theme), stage.form)
        pages = [Page(scene, scene.title, scene.description) for scene in scenes]
        pages = numbered(pages, stage.theme, stage.form)
        return output.bind(pages, scenes[0].title, "", settings)


class Drawn:
    """The pages of a deck, kept for the next format that wants the same."""

    def __init__(self) -> None:
        self.wanted: tuple[object, ...] = ()
        self.pages: list[Page] = []


def deck_bytes(
    nets: Sequence[tuple[Network, Analysis]],
    options: Options,
    output: Format,
    settings: Settings,
    told: Callable[[], None] | None = None,
    drawn: Drawn | None = None,
) -> bytes:
    """Several networks as one deck; ``options`` are those of the file: its theme, its legend.

    ``told`` is called behind each network that is drawn; of the same networks ``drawn`` has the
    pages of another format, or takes these.
    """
    from archviz.layout.cover import DECK_TITLE
    from archviz.layout.deck import deck_pages

    assert output.bind, f"{output.suffix} has no slides"
    subject = ", ".join(network.head.title for network, _ in nets)
    with stage_for(options.theme, output, settings) as stage:
        cover, drawn = settings.cover(), drawn or Drawn()
        wanted = (stage.theme, stage.form, options.legend, cover)
        if drawn.wanted != wanted:
            drawn.pages = deck_pages(
                nets, stage.theme, 0.0, options.legend, stage.form, cover=cover, told=told
            )
            drawn.wanted = wanted
        return output.bind(drawn.pages, settings.deck_title or DECK_TITLE, subject, settings)
