"""Where QTI items lie: packages (zip or unpacked folder), tests that refer to items, archives of loose items.

Paths are followed only inside the package; a part that is named and absent is refused by its name. A stimulus is read
once, however many items share it; items stand in their case group in the order in which they come.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from bank.formats import archive, markup, safexml
from bank.formats.archive import Missing, Source
from bank.formats.bad_row import BadRow
from bank.formats.draft import Draft
from bank.formats.lms import qti
from bank.formats.lms.qti import About, Notes
from bank.formats.safexml import Node
from bank.refused import BadFile

MANIFEST = "imsmanifest.xml"
_ITEM_TYPE = re.compile(r"imsqti_(?:apip)?item_xmlv[23]p", re.IGNORECASE)
_QUESTIONS = re.compile(r"imsqti_(?:apip)?item|imsqti_xmlv|.*/assessment|.*question-bank", re.IGNORECASE)
"""Types of resources that hold questions. Tests, scoring templates, statistics, stimuli and pictures hold none."""

_BEGINS = re.compile(rb"<(?:[\w.-]+:)?(?:assessmentItem|qti-assessment-item)[\s>]")

PLACE = "examd place in case"
"""Purpose of the classification that says where an item stands in its case group."""

Add = Callable[[bytes, str], str]
Told = Callable[[str, int, str], None]
Found = Iterator[tuple[str, int, Draft | BadRow]]
"""(part, line, Draft or why there is none)"""


class Package:
    """The parts of one package, with what has been read of them."""

    def __init__(self, source: Source, add: Add, told: Told) -> None:
        self._source, self._add, self._told = source, add, told
        self._seen: set[str] = set()
        self._shared: dict[str, tuple[str, tuple[str, ...]] | BadRow] = {}
        self._turns: dict[str, int] = {}
        self._sheets: dict[str, str] = {}

    def items(self, manifest: str) -> Found:
        """Every item that the manifest names; those that it does not name are told."""
        folder = posixpath.dirname(manifest)
        tests: list[str] = []
        for resource in safexml.elements(self._source.chunks(manifest), "resource", manifest):
            for node in resource.iter():
                node.tag = node.name
            said = resource.get("type", "")
            if said.startswith("imsqti_test"):
                tests.append(resource.get("href", ""))
            if not _QUESTIONS.match(said):
                continue
            if not _ITEM_TYPE.match(said):
                found = re.search(r"v(\d)p(\d)", said)
                version = f"{found[1]}.{found[2]}" if found else said[:60]
                yield manifest, resource.line, BadRow("qti-version", found=version, known=" ".join(qti.VERSIONS))
                continue
            href = resource.get("href") or next((file.get("href", "") for file in resource.findall("file")), "")
            yield from self._item(manifest, resource.line, folder, href, _about(resource))
        for href in [] if self._seen else tests:  # some packages list the test alone
            try:
                part = archive.joined(folder, unquote(href))
                test = safexml.parse(self._source.read(part), part)
            except (Missing, BadFile):
                continue
            yield from self.referred(part, test)
        self._tell_unnamed(manifest)

    def _tell_unnamed(self, manifest: str) -> None:
        """Items that lie in the package, and that its manifest does not name: whoever unpacks it sees them."""
        for part in sorted({*self._source.names()} - self._seen - {manifest}):
            begins = next(iter(self._source.chunks(part)), b"")[:4000] if part.lower().endswith(".xml") else b""
            if _BEGINS.search(begins.replace(b"\0", b"")):  # UTF-16, too
                self._told(part, 1, "item-not-in-manifest")

    def referred(self, part: str, test: Node) -> Found:
        """The items to which an assessmentTest refers, each once."""
        for node in test.iter():
            if qti.is_reference(node):
                yield from self._item(part, node.line, posixpath.dirname(part), node.get("href", ""), About())

    def loose(self) -> Found:
        """Every item of an archive without a manifest."""
        for part in sorted(self._source.names()):
            if part.lower().endswith(".xml"):
                yield from self._part(part, self._source.read(part), None)

    def single(self, root: Node, notes: Notes) -> Draft:
        """An item that was given alone; what it names lies beside it."""
        return qti.item(root, self._picture(""), self._styles(""), self._stimulus("", notes), notes)

    def _item(self, part: str, line: int, folder: str, href: str, about: About) -> Found:
        try:
            path = archive.joined(folder, unquote(href))
            data = b"" if path in self._seen else self._source.read(path)
        except Missing:
            yield part, line, _absent(href)
            return
        if path not in self._seen:
            self._seen.add(path)
            yield from self._part(path, data, about)

    def _part(self, part: str, data: bytes, about: About | None) -> Found:
        try:
            root = safexml.parse(data, part)
        except BadFile as bad:
            yield part, int(bad.facts.get("line", 0)), BadRow(bad.code, **bad.facts)
            return
        if not qti.is_item(root):
            if about is not None or root.name == "questestinterop":
                other = qti.refusal(root, part) or BadFile("xml-not-questions", file=part, root=root.name[:40])
                yield part, root.line, BadRow(other.code, **other.facts)
            return
        folder = posixpath.dirname(part)
        notes: Notes = []
        try:
            shared = self._stimulus(folder, notes)
            yield part, root.line, qti.item(root, self._picture(folder), self._styles(folder), shared, notes, about)
        except BadRow as bad_row:
            yield part, root.line, bad_row
        for reason in dict.fromkeys(reason for _line, reason, _facts in notes):
            self._told(part, root.line, reason)

    def _picture(self, folder: str) -> Callable[[str], str]:
        """Addresses of pictures, as written in a part that lies in `folder`, -> names for a Draft."""

        def picture(address: str) -> str:
            data = markup.embedded(address)
            if data is not None:
                return self._add(data, "data:")
            try:
                path = archive.joined(folder, unquote(address))
            except Missing:
                raise BadRow("picture-path") from None
            try:
                return self._add(self._source.read(path), path)
            except Missing:
                return path if isinstance(self._source, archive.Folder) else f"absent/{path}"

        return picture

    def _styles(self, folder: str) -> qti.Styles:
        """Addresses of style sheets, as written in a part that lies in `folder`, -> their text."""

        def styles(address: str) -> str | None:
            try:
                path = archive.joined(folder, unquote(address))
                if path not in self._sheets:
                    self._sheets[path] = self._source.read(path).decode(errors="replace")
            except Missing:
                return None
            return self._sheets[path]

        return styles

    def _stimulus(self, folder: str, notes: Notes) -> qti.Shared:
        def shared(href: str) -> tuple[str, tuple[str, ...], int]:
            try:
                path = archive.joined(folder, unquote(href))
            except Missing:
                raise _absent(href) from None
            if path not in self._shared:
                self._shared[path] = self._background(path, href, notes)
            found = self._shared[path]
            if isinstance(found, BadRow):  # without what it rests on, an item makes no sense
                raise found
            self._turns[path] = self._turns.get(path, 0) + 1
            return *found, self._turns[path]

        return shared

    def _background(self, path: str, href: str, notes: Notes) -> tuple[str, tuple[str, ...]] | BadRow:
        try:
            root = safexml.parse(self._source.read(path), path)
            qti.renamed(root)
            body = root.find("stimulusBody")
            if body is None:
                return BadRow("xml-not-questions", file=path, root=root.name[:40])
            folder = posixpath.dirname(path)
            sheet = qti.sheet(root, self._styles(folder), notes)
            return qti.stimulus(body, markup.Page(self._picture(folder), sheet))
        except Missing:
            return _absent(href)
        except BadFile as bad:
            return BadRow(bad.code, **bad.facts)
        except BadRow as bad_row:
            return bad_row


def _absent(href: str) -> BadRow:
    return BadRow("qti-part-missing", part="".join(character for character in href[-80:] if character.isprintable()))


def _about(resource: Node) -> About:
    """Learning-object metadata that our own packages carry, and others may."""
    about = About()
    general = resource.find("metadata/lom/general")
    ours = resource.find("metadata/lom/classification/purpose/source")
    if general is not None:
        about.tags = [_said(node) for node in general.findall("keyword")]
        entry = general.find("identifier/entry")
        if ours is not None and _said(ours) == "examd":
            about.code = "" if entry is None else _said(entry)
    for classification in resource.iterfind("metadata/lom/classification"):
        purpose = classification.find("purpose/value")
        entry = classification.find("taxonPath/taxon/entry")
        text = "" if entry is None else _said(entry)
        named = "" if purpose is None else _said(purpose)
        if named == "discipline" and not about.chapter:
            about.chapter = text
        elif named == "educational level" and text in ("了解", "掌握", "熟练掌握"):
            about.level = text
        elif named == PLACE and text.isdecimal():
            about.place = text
        elif entry is not None and _said_by_us(classification):
            _tell(about, named, text, "".join(entry.itertext()).strip())
    return about


def _said_by_us(classification: Node) -> bool:
    source = classification.find("purpose/source")
    return source is not None and _said(source) == "examd"


def _tell(about: About, named: str, text: str, lines: str) -> None:
    if named == "exam subject":
        about.subject = text
    elif named == "difficulty":
        about.difficulty = text
    elif named == "basis":
        about.basis = lines
    elif named == "source":
        about.source = text
    elif named == "enemies":
        about.enemies.append(text)


def _said(node: Node) -> str:
    return " ".join("".join(node.itertext()).split())
