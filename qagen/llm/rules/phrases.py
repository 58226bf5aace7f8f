"""How the questions are worded, by language; in a language that is not here only forms without words are asked."""

from __future__ import annotations

from dataclasses import dataclass

from qagen.llm.rules import markup
from qagen.llm.rules.material import Material
from qagen.llm.rules.words import STOP_WORDS


@dataclass(frozen=True, slots=True)
class Phrases:
    """Templates of one language. `{source}` is where it is said (may be empty), `{x}` what is asked about."""

    source: str
    means: str
    """Of a term in a glossary."""
    defined: str
    """Of a term that a sentence defines."""
    is_a: str
    """The same for a term with its article; empty where the article would have to be bent."""
    says: str
    """Of a label with something after its colon."""
    value: str
    """Of a label with a figure after its colon."""
    stands_for: str
    within: str
    """ "in this document", behind what is asked about."""
    stands_for_answer: str
    do: str
    """Steps; `{x}` is a verb with its object as the language puts it after "how do you"."""
    doing: str
    """Steps; `{x}` is a heading that has to be quoted or a gerund."""
    procedure: str
    only_steps: str
    """Which steps, where the passage may not hold all of them."""
    cell: str
    """One column of a table row; `{column}` is its head. Empty like `cells`."""
    cells: str
    """Several columns; empty where `listed` does as well."""
    listed: str
    """Columns whose heads are no nouns, or whose gender is unknown: they are quoted."""
    join: str
    cloze: str
    cloze_nowhere: str
    quotes: str
    """Opening and closing quote with the blanks that the language wants, split at `|`."""


PHRASES: dict[str, Phrases] = {
    "en": Phrases(
        source="According to {name}, ",
        means="{source}what does {x} mean?",
        defined="{source}what is meant by {x}?",
        is_a="{source}what is {article} {x}?",
        says="{source}what applies to {x}?",
        value="{source}what is the figure for {x}?",
        stands_for="What does {x} stand for{within}?",
        within=" in {name}",
        stands_for_answer="{x} stands for {long}.",
        do="{source}how do you {x}{only}?",
        doing="{source}what are the steps for {x}{only}?",
        procedure="{source}what are the steps of the {x}{only}?",
        only_steps=" (steps {first} to {last})",
        cell="{source}what is the {column} for {x}{table}?",
        cells="{source}what are the {column} for {x}{table}?",
        listed="{source}what is listed for {x} under {column}{table}?",
        join=" and ",
        cloze="Fill in the blank (from {place}): {sentence}",
        cloze_nowhere="Fill in the blank: {sentence}",
        quotes='"|"',
    ),
    "de": Phrases(
        source=" laut {name}",
        means="Was bedeutet {x}{source}?",
        defined="Was versteht man{source} unter {x}?",
        is_a="Was ist{source} {article} {x}?",
        says="Was gilt{source} für {x}?",
        value="Welcher Wert gilt{source} für {x}?",
        stands_for="Wofür steht die Abkürzung {x}{within}?",
        within=" in {name}",
        stands_for_answer="{x} steht für {long}.",
        do="Wie kann man{source} {x}{only}?",
        doing="Welche Schritte umfasst {x}{source}{only}?",
        procedure="Welche Schritte umfasst {x}{source}{only}?",
        only_steps=" (Schritte {first} bis {last})",
        cell="",
        cells="",
        listed="Was ist{source} für {x} als {column} angegeben{table}?",
        join=" und ",
        cloze="Ergänze die Lücke (aus {place}): {sentence}",
        cloze_nowhere="Ergänze die Lücke: {sentence}",
        quotes="„|“",
    ),
    "es": Phrases(
        source="Según {name}, ",
        means="{source}¿qué significa {x}?",
        defined="{source}¿qué se entiende por {x}?",
        is_a="{source}¿qué es {article} {x}?",
        says="{source}¿qué se indica sobre {x}?",
        value="{source}¿qué valor corresponde a {x}?",
        stands_for="¿Qué significa la sigla {x}{within}?",
        within=" en {name}",
        stands_for_answer="{x} significa {long}.",
        do="{source}¿qué pasos hay que seguir para {x}{only}?",
        doing="{source}¿cuáles son los pasos de {x}{only}?",
        procedure="{source}¿cuáles son los pasos de {x}{only}?",
        only_steps=" (pasos {first} a {last})",
        cell="",
        cells="",
        listed="{source}¿qué figura en {column} para {x}{table}?",
        join=" y ",
        cloze="Completa el espacio en blanco (de {place}): {sentence}",
        cloze_nowhere="Completa el espacio en blanco: {sentence}",
        quotes="«|»",
    ),
    "fr": Phrases(
        source="Selon {name}, ",
        means="{source}que signifie {x} ?",
        defined="{source}qu'entend-on par {x} ?",
        is_a="",
        says="{source}qu'est-il indiqué pour {x} ?",
        value="{source}quelle valeur s'applique à {x} ?",
        stands_for="Que signifie le sigle {x}{within} ?",
        within=" dans {name}",
        stands_for_answer="{x} signifie {long}.",
        do="{source}quelles sont les étapes pour {x}{only} ?",
        doing="{source}quelles sont les étapes de {x}{only} ?",
        procedure="{source}quelles sont les étapes de {x}{only} ?",
        only_steps=" (étapes {first} à {last})",
        cell="",
        cells="",
        listed="{source}qu'est-il indiqué sous {column} pour {x}{table} ?",
        join=" et ",
        cloze="Complétez le blanc (extrait de {place}) : {sentence}",
        cloze_nowhere="Complétez le blanc : {sentence}",
        quotes="« | »",
    ),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """The words of one request: the language's templates, and the document's name to put into them."""

    language: str
    """Empty where the language has no templates."""
    phrases: Phrases | None
    name: str
    heading: str

    def quoted(self, text: str) -> str:
        opening, closing = (self.phrases.quotes if self.phrases else '"|"').split("|")
        return f"{opening}{text.replace(opening.strip(), '').replace(closing.strip(), '')}{closing}"

    def ask(self, template: str, about: str, **parts: str) -> str:
        """The template filled in; where it is said is left out if what is asked about names it already."""
        assert self.phrases
        name = self.name or self.heading
        said = bool(name) and about.casefold() not in name.casefold() and name.casefold() not in about.casefold()
        source = self.phrases.source.format(name=self.quoted(name)) if said else ""
        within = self.phrases.within.format(name=self.quoted(name)) if said else ""
        return markup.capital(template.format(source=source, within=within, **parts))

    def place(self, heading: str) -> str:
        """Title and heading in one, as far as they say different things; empty where nothing is known."""
        name = self.name
        if heading.casefold() in name.casefold() or len(heading) > 90 or heading.endswith(("?", "？")):
            return name
        return f"{name}, {heading}" if name else heading


def voice_of(material: Material) -> Voice:
    """The words for a passage: its language as it was given, or else as its own small words tell."""
    language = (material.language or _guess(material.passage)).lower().replace("_", "-").split("-")[0]
    phrases = PHRASES.get(language)
    return Voice(language if phrases else "", phrases, material.name, material.heading)


def _guess(passage: str) -> str:
    """The language with the most stop words among the first ones; English where a Latin text tells nothing."""
    words = passage[:4000].casefold().split()
    counts = {code: sum(word in stops for word in words) for code, stops in STOP_WORDS.items()}
    best = max(counts, key=lambda code: counts[code])
    if counts[best] * 20 >= len(words):
        return best
    return "en" if passage[:4000].isascii() else ""
