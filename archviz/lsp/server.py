"""The server itself: what editors ask, answered over standard input and output."""

from __future__ import annotations

import asyncio
import os
from pathlib import PurePath
from urllib.parse import unquote, urlparse

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.workspace import ServerTextPosition, ServerTextRange, TextDocument

from archviz import __version__
from archviz.errors import ArchvizError, Mark, Problem
from archviz.formatter.canonical import canonical_text
from archviz.lsp import places
from archviz.lsp.completion import Names, Offer, offers
from archviz.lsp.outline import Outline

PAUSE = 0.15
"""Seconds without a key, after which a spec is read."""

_KINDS = {
    "key": lsp.CompletionItemKind.Property,
    "kind": lsp.CompletionItemKind.Class,
    "module": lsp.CompletionItemKind.Module,
    "word": lsp.CompletionItemKind.EnumMember,
    "option": lsp.CompletionItemKind.Field,
    "name": lsp.CompletionItemKind.Variable,
}


def serve() -> None:
    """Answer until the editor leaves."""
    with os.fdopen(os.dup(1), "wb") as output:  # closed at the end, which ours must not be
        _server().start_io(stdout=output)


def _server() -> LanguageServer:
    server = LanguageServer("archviz", __version__)

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        _publish(server, params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        uri, version = params.text_document.uri, params.text_document.version
        await asyncio.sleep(PAUSE)
        if uri in server.workspace.text_documents and _document(server, uri).version == version:
            _publish(server, uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        cleared = lsp.PublishDiagnosticsParams(params.text_document.uri, [])
        server.text_document_publish_diagnostics(cleared)

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[" ", "=", "[", "{"])
    )
    def complete(params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        return _completion(_document(server, params.text_document.uri), params.position)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        document = _document(server, params.text_document.uri)
        line, column = _place(document, params.position)
        found = places.read(document.source, _file(document))
        text = places.hover(found, _line(document, line), line, column)
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text)) if text else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def define(params: lsp.DefinitionParams) -> lsp.Location | None:
        document = _document(server, params.text_document.uri)
        line, column = _place(document, params.position)
        place = places.definition(document.source, _line(document, line), column)
        if place is None:
            return None
        line, column, word = place
        return lsp.Location(document.uri, _range(document, line, column, column + len(word)))

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
        document = _document(server, params.text_document.uri)
        try:
            text = canonical_text(document.source, _file(document))
        except ArchvizError:
            return None  # its problems are shown already
        end = lsp.Position(len(document.lines) + 1, 0)
        return [lsp.TextEdit(lsp.Range(lsp.Position(0, 0), end), text)]

    return server


def _document(server: LanguageServer, uri: str) -> TextDocument:
    return server.workspace.get_text_document(uri)


def _file(document: TextDocument) -> str:
    """The file of a document, for the files that its spec names."""
    return document.path or PurePath(unquote(urlparse(document.uri).path)).name


def _line(document: TextDocument, line: int) -> str:
    return document.lines[line].rstrip("\r\n") if line < len(document.lines) else ""


def _publish(server: LanguageServer, uri: str) -> None:
    """Tell the editor all problems of a spec; of another YAML file, none."""
    document = _document(server, uri)
    text = document.source
    found = places.read(text, _file(document)).problems if places.is_spec(text) else []
    shown = [_diagnostic(document, problem) for problem in found]
    server.text_document_publish_diagnostics(
        lsp.PublishDiagnosticsParams(uri, shown, document.version)
    )


def _diagnostic(document: TextDocument, problem: Problem) -> lsp.Diagnostic:
    message = "\n".join(problem._replace(warning=False).lines())
    if problem.mark.file != _file(document):  # of a spec that is used here
        message, problem = str(problem), problem._replace(mark=Mark(problem.mark.file))
    line = min(max(problem.mark.line - 1, 0), max(len(document.lines) - 1, 0))
    text = _line(document, line)
    start, end = places.extent(text, max(problem.mark.column - 1, 0))
    if not problem.mark.line:
        start, end = 0, len(text)
    where = _range(document, line, start, min(end, max(len(text), start + 1)))
    severity = lsp.DiagnosticSeverity.Warning if problem.warning else lsp.DiagnosticSeverity.Error
    return lsp.Diagnostic(where, message, severity, source="archviz")


def _completion(document: TextDocument, position: lsp.Position) -> list[lsp.CompletionItem]:
    line, column = _place(document, position)
    row = _line(document, line)[:column]
    before = "".join(document.lines[:line]) + row
    typed = places.typed(row)
    where = _range(document, line, column - len(typed), column)
    found = offers(before, Names(Outline(document.source).pieces))
    return [_item(offer, where) for offer in found]


def _item(offer: Offer, where: lsp.Range) -> lsp.CompletionItem:
    return lsp.CompletionItem(
        offer.word,
        kind=_KINDS[offer.sort],
        detail=offer.about or None,
        filter_text=offer.word,
        text_edit=lsp.TextEdit(where, offer.text),
    )


def _place(document: TextDocument, position: lsp.Position) -> tuple[int, int]:
    """Line and column of a position, both from 0, in characters."""
    if position.line >= len(document.lines):
        return len(document.lines), 0
    place = document.position_codec.position_from_client_units(document.lines, position)
    return place.line, place.character


def _range(document: TextDocument, line: int, start: int, end: int) -> lsp.Range:
    """The columns of a line, in the units that the editor counts in."""
    places = ServerTextRange(ServerTextPosition(line, start), ServerTextPosition(line, end))
    return document.position_codec.range_to_client_units(document.lines, places)
