"""Texts -> requests of a bearable size. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qagen.embedding.prefixes import prefix_of
from qagen.embedding.store import key_of
from qagen.formats import without_surrogates
from qagen.llm.types import TextKind


@dataclass(frozen=True, slots=True)
class Text:
    """A text whose vector is wanted."""

    text: str
    """As it is sent."""
    kind: TextKind
    key: bytes
    is_cut: bool = False
    """Something of it is left out."""

    def cut(self, characters: int) -> Text:
        """Its beginning; the key is that of the whole."""
        if len(self.text) <= characters:
            return self
        return Text(self.text[:characters], self.kind, self.key, is_cut=True)


def prepared(text: str, kind: TextKind, model: str, longest: int) -> Text | None:
    """A text as it is sent: with what the model wants before it, and not too long; None where it is blank."""
    if not text.strip():
        return None
    whole = prefix_of(model, kind) + without_surrogates(text)
    return Text(whole, kind, key_of(whole, kind)).cut(longest)


@dataclass(slots=True)
class Sizes:
    """How large texts and requests may be. The provider's answers make them smaller."""

    most_texts: int
    most_characters: int
    longest_text: int
    _longest_accepted: int = 0
    _cuts: int = 0

    def accepted(self, batch: list[Text]) -> None:
        """A request with these texts passed."""
        self._longest_accepted = max(self._longest_accepted, *(len(text.text) for text in batch))

    def cut_to(self, characters: int) -> None:
        """A text passed once it had been cut to this length.

        When that has happened three times, no text is sent that is longer than the longest that ever passed: the model
        takes no more, and each refusal costs a request. Once may be a text of many tokens, such as a table of numbers.
        """
        self._cuts += 1
        if self._cuts >= 3:
            self.longest_text = min(self.longest_text, max(self._longest_accepted, characters))

    def too_many(self, halves: tuple[list[Text], list[Text]]) -> None:
        """A request was refused whose halves passed."""
        self.most_characters = max(sum(len(text.text) for text in half) for half in halves)


def batches(texts: Iterable[Text], sizes: Sizes) -> Iterator[list[Text]]:
    """The texts in order, one kind at a time, as many in each request as the sizes allow when it is made."""
    batch: list[Text] = []
    characters = 0
    for whole in texts:
        text = whole.cut(sizes.longest_text)
        full = len(batch) >= sizes.most_texts or characters + len(text.text) > sizes.most_characters
        if batch and (full or batch[0].kind != text.kind):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text.text)
    if batch:
        yield batch
