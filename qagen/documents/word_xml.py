"""What Word's XML holds: values of properties, the elements inside of wrappers, rows and cells, text boxes."""

from __future__ import annotations

from collections.abc import Iterator

from qagen.documents.office_text import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

WRAPPERS = {f"{W}{tag}" for tag in ("ins", "moveTo", "customXml", "smartTag", "sdtContent", "dir", "bdo")}
"""Elements that only hold others: inserted text is in, what is deleted or moved away (`del`, `moveFrom`) is not."""


def find(parent: Element | None, tag: str) -> Element | None:
    """The first child with that tag."""
    return None if parent is None else parent.find(f"{W}{tag}")


def value(parent: Element | None, tag: str) -> str | None:
    """What a property says; None where nothing is said."""
    found = find(parent, tag)
    said: str | None = None if found is None else found.get(f"{W}val")
    return said


def flag(properties: Element | None, tag: str) -> bool | None:
    """A property that is on or off; None where nothing is said."""
    found = find(properties, tag)
    return None if found is None else found.get(f"{W}val", "true") not in ("0", "false", "off")


def columns(properties: Element | None, tag: str) -> int:
    """A property that counts columns; a wrong one must not fill the memory."""
    count = value(properties, tag) or ""
    return min(int(count), 100) if count.isdigit() else 0


def by_id(root: Element | None, tag: str, key: str) -> dict[str | None, Element]:
    """The children with that tag, by that attribute."""
    return {} if root is None else {one.get(f"{W}{key}"): one for one in root.iterchildren(f"{W}{tag}")}


def children(parent: Element) -> Iterator[Element]:
    """What stands in an element, through wrappers; of alternatives the first, which Word shows."""
    for child in parent:
        if child.tag == f"{W}sdt":
            if child.find(f"{W}sdtPr/{W}showingPlcHdr") is None:  # `Click here to enter text`
                yield from children(child)
        elif child.tag in WRAPPERS:
            yield from children(child)
        elif child.tag == f"{_MC}AlternateContent":
            yield from children(next(iter(child), ()))
        else:
            yield child


def boxes(drawing: Element) -> Iterator[Element]:
    """The contents of text boxes, without those inside of others."""
    for child in children(drawing):
        if child.tag == f"{W}txbxContent":
            yield child
        else:
            yield from boxes(child)


def rows(table: Element) -> Iterator[Element]:
    """The rows of a table, without deleted ones."""
    for row in children(table):
        if row.tag == f"{W}tr" and row.find(f"{W}trPr/{W}del") is None:
            yield row


def cells(row: Element) -> Iterator[Element]:
    """The cells of a row, those that others cover included."""
    return (cell for cell in children(row) if cell.tag == f"{W}tc")
