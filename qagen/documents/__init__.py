"""path -> Document: the text of a file, its title, and the headings, pages and blocks that stand over each part.

One reader per format, one row each in `READERS`. A reader takes bytes and gives text; offsets are counted in the text
that it gives, which is stored beside the chunks.
"""

from qagen.documents.readers import READERS, Format, parse
from qagen.documents.sources import Choice, Source, find
from qagen.documents.types import Block, Document, Heading, Markup, Reading

__all__ = [
    "READERS",
    "Block",
    "Choice",
    "Document",
    "Format",
    "Heading",
    "Markup",
    "Reading",
    "Source",
    "find",
    "parse",
]
