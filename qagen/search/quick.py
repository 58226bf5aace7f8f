"""The same index by tantivy, where qagen[negatives] is installed: a few times faster to make and to ask.

It is given our own words, and asked for the same ones of a question, so that both find the same chunks. Lengths of
chunks are kept in one byte there, so that scores differ by a few percent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from qagen.search.index import MOST_TERMS, Hit, Unavailable
from qagen.search.terms import spaced, terms

if TYPE_CHECKING:
    import tantivy

_HEAP_BYTES = 64_000_000
_LONGEST_WORD = 1000
"""Bytes; a longer one is no word, and one of 65,531 bytes could not be taken in."""
_REMEMBERED = 200_000
"""Frequencies of terms."""


class QuickIndex:
    """Chunks by their words, in a folder. Add all of them and save, then ask.

    Raises:
        Unavailable: tantivy is not installed.
        OSError: the folder cannot be written, or what is in it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._index = _index(folder)
        self._writer: tantivy.IndexWriter | None = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        self._count = 0

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The index that was saved there, to be asked only."""
        made = cls.__new__(cls)
        made._index = _index(folder)
        made._writer = None
        made._begin()
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:  # it was not saved: its thread must not go on writing
            with suppress(ValueError):
                writer.wait_merging_threads()
        for name in ("_searcher", "_index"):  # they map the files, which nobody could remove on Windows
            vars(self).pop(name, None)

    def __len__(self) -> int:
        return self._count

    def add(self, chunk_id: str, text: str) -> None:
        """A chunk to be found. Ids are numbers, each is added once."""
        import tantivy

        assert self._writer is not None
        # Its errors of the disk are ValueErrors.
        with _as_os_error():
            self._writer.add_document(tantivy.Document(number=int(chunk_id), words=spaced(text)))
        self._count += 1

    def save(self) -> None:
        """Write out all that was added, for `open`."""
        assert self._writer is not None
        with _as_os_error():
            self._writer.commit()
            self._writer.wait_merging_threads()
        self._writer = None
        self._index.reload()
        self._begin()

    def _begin(self) -> None:
        self._searcher = self._index.searcher()
        self._count = self._searcher.num_docs
        self._frequencies: dict[str, int] = {}

    def frequency(self, term: str) -> int:
        """How many chunks have the term."""
        found = self._frequencies.get(term)
        if found is None:
            if len(self._frequencies) >= _REMEMBERED:
                self._frequencies.clear()
            found = self._frequencies[term] = self._searcher.doc_freq("words", term)
        return found

    def search(self, query: str, most: int) -> list[Hit]:
        """The `most` chunks that match the rarest terms of the question best; of equal ones, those added first."""
        import tantivy

        known = sorted((count, word) for word in set(terms(query)) if (count := self.frequency(word)))[:MOST_TERMS]
        if not known or most < 1:
            return []
        schema = self._index.schema
        wanted = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "words", word, index_option="freq"))
            for _, word in known
        ]
        hits = self._searcher.search(tantivy.Query.boolean_query(wanted), limit=most, count=False).hits
        found = [(-float(score), int(self._searcher.doc(place)["number"][0])) for score, place in hits]
        return [Hit(str(number), -score) for score, number in sorted(found)]


def _index(folder: Path) -> tantivy.Index:
    """The index in a folder, made anew where there is none."""
    try:
        import tantivy
    except ImportError as error:
        raise Unavailable(f"tantivy is not installed: {error}") from None
    fields = tantivy.SchemaBuilder()
    fields.add_text_field("words", tokenizer_name="words", index_option="freq")
    fields.add_unsigned_field("number", stored=True)
    with _as_os_error():
        index = tantivy.Index(fields.build(), path=str(folder))
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    words = words.filter(tantivy.Filter.remove_long(_LONGEST_WORD))
    index.register_tokenizer("words", words.build())
    return index


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise OSError(str(error)) from error


def version() -> str | None:
    """Of tantivy; None where it is not installed or does not load."""
    try:
        import tantivy
    except ImportError:
        return None
    return str(getattr(tantivy, "__version__", "unknown"))
