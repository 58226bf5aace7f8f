"""What passed the guards, and what a model said of it -> the negatives of a pair. Pure.

In this order: what a model called related, then what it called unrelated; what the search found and no model judged;
another section of the same document; a passage of another one; fewer than were asked for. What a model judged is never
used against its word, and an explanation is a model's reason or facts that were computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from qagen.formats.negatives_file import ExtraPositive, Flag, Method, MinedPair, Negative
from qagen.negatives import guards
from qagen.negatives.texts import Asked, taken_apart
from qagen.negatives.types import Candidate, Choices, Guarded, Labelled

_METHODS: Mapping[str, Method] = {
    "bm25": "bm25_filtered",
    "dense": "dense_filtered",
    "same_document": "same_document",
    "random": "random",
}


@dataclass
class _Chosen:
    """The negatives so far; no text twice."""

    most: int
    negatives: list[Negative] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        return len(self.negatives) >= self.most

    def add(self, candidate: Candidate, explanation: str, *, verified: bool) -> None:
        if not self.is_full and _text(candidate) not in self.seen:
            self.seen.add(_text(candidate))
            self.negatives.append(_negative(candidate, explanation, verified=verified))


def select(
    asked: Asked,
    guarded: Guarded,
    labels: Mapping[str, Labelled] | None,
    choices: Choices,
    spare: Iterable[Candidate] = (),
) -> MinedPair:
    """The negatives of a pair.

    `labels`: by chunk_key, what a model said of the candidates that it was shown; None where none was asked. `spare`:
    passages that were not searched for and passed the guards; as many are taken from it as are needed.
    """
    if guarded.is_vague:
        return unmined(asked, "vague")
    said = labels or {}
    chosen = _Chosen(choices.negatives, seen={_key(asked.own.chunk_key), _key(asked.pair.chunk_key)})
    # What a model judged in one document holds for the same text in another one.
    judged = {_key(chunk_key): label for chunk_key, label in said.items()}
    for wanted in ("related", "unrelated"):
        for candidate in guarded.candidates:
            label = judged.get(_text(candidate))
            if label is not None and label.label == wanted:
                chosen.add(candidate, label.reason or explain(asked, candidate), verified=True)
    for candidate in _unjudged(guarded.candidates, spare, judged, chosen):
        chosen.add(candidate, explain(asked, candidate), verified=False)
    flags: list[Flag] = [] if chosen.is_full else ["negatives_short"]
    if labels is not None and guarded.candidates and not labels:
        flags.append("unlabelled")
    return MinedPair(
        pair_id=asked.pair.pair_id,
        chunk_key=asked.pair.chunk_key,
        question=asked.pair.question,
        negatives=chosen.negatives,
        extra_positives=_extra_positives(guarded, judged, chosen),
        flags=flags,
        dropped=_dropped(guarded, judged),
    )


def unmined(asked: Asked, flag: Flag) -> MinedPair:
    """A pair for which nothing is looked for."""
    pair = asked.pair
    return MinedPair(pair_id=pair.pair_id, chunk_key=pair.chunk_key, question=pair.question, flags=[flag])


def _unjudged(
    candidates: Iterable[Candidate], spare: Iterable[Candidate], judged: Mapping[str, Labelled], chosen: _Chosen
) -> Iterator[Candidate]:
    """The rest, as long as something is lacking."""
    for some in (candidates, spare):
        if chosen.is_full:
            return
        for candidate in some:
            if _text(candidate) not in judged:
                yield candidate
            if chosen.is_full:
                return


def _extra_positives(guarded: Guarded, judged: Mapping[str, Labelled], chosen: _Chosen) -> list[ExtraPositive]:
    found: list[ExtraPositive] = []
    for candidate in guarded.candidates:
        label = judged.get(_text(candidate))
        if label is not None and label.label == "answers" and _text(candidate) not in chosen.seen:
            chosen.seen.add(_text(candidate))
            passage = candidate.passage
            found.append(
                ExtraPositive(
                    document=passage.text,
                    chunk_id=passage.chunk_id,
                    chunk_key=passage.chunk_key,
                    source_file=passage.source_file,
                    explanation=label.reason,
                )
            )
    return found


def _dropped(guarded: Guarded, judged: Mapping[str, Labelled]) -> dict[str, int]:
    """By guard, and by the labels that make no negative."""
    counts = Counter(guarded.dropped)
    for candidate in guarded.candidates:
        label = judged.get(_text(candidate))
        if label is not None and label.label in {"partly", "answers"}:
            counts[label.label] += 1
    return dict(sorted(counts.items()))


def _negative(candidate: Candidate, explanation: str, *, verified: bool) -> Negative:
    passage = candidate.passage
    return Negative(
        document=passage.text,
        chunk_id=passage.chunk_id,
        chunk_key=passage.chunk_key,
        source_file=passage.source_file,
        explanation=explanation,
        method="llm_verified" if verified else _METHODS[candidate.method],
        rank=candidate.rank,
        score=candidate.score,
        verified=verified,
    )


def explain(asked: Asked, candidate: Candidate) -> str:
    """What was computed of a candidate, and nothing else."""
    if candidate.method == "same_document":
        other = candidate.passage.section != asked.own.section
        place = f"Another {'section' if other else 'passage'} of the same document, not found by the search"
    elif candidate.method == "random":
        place = "A passage of another document, not found by the search"
    elif candidate.method == "dense":
        place = f"Found by embeddings alone, rank {candidate.rank} of words and embeddings"
    else:
        place = f"{'Words and embeddings' if candidate.is_merged else 'BM25'} rank {candidate.rank}"
    shares = f"shares: {', '.join(candidate.shares)}" if candidate.shares else ""
    said = "; ".join(part for part in (place, shares, _lacks(asked, candidate)) if part)
    return f"{said}."


def _lacks(asked: Asked, candidate: Candidate) -> str:
    """What was looked for in it and is not there."""
    text = taken_apart(candidate.passage)
    evidence = bool(asked.pair.evidence) and not guards.holds_evidence(asked, candidate)
    values = guards.has_values(asked) and not guards.says_values(asked, text)
    if evidence and values:
        return "holds neither the evidence nor the answer's values"
    if evidence or values:
        return f"does not hold the {'evidence' if evidence else 'values of the answer'}"
    return ""


def _text(candidate: Candidate) -> str:
    return _key(candidate.passage.chunk_key)


def _key(chunk_key: str) -> str:
    """One for each text: without the count of identical texts in a document."""
    return chunk_key.partition("#")[0]
