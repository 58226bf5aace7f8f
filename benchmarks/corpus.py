"""Chunk files of any number and size, and the reply that a model could give to each chunk.

All chunks are one text about machines that differ in their number, and the reply quotes that text. So a server can make
the reply for any chunk by putting the number in, which costs a microsecond, and what it says passes every check: no
second round blurs the counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

MARK = "Corvane K"
"""What stands before the number of a machine, and nowhere else in a request."""
DIGITS = 7
_NOBODY = "0" * DIGITS

_FACTS = (
    (
        "The feed pump of the Corvane K0000000 delivers 12 litres per minute at a pressure of 6 bar.",
        "How much does the feed pump of the Corvane K0000000 deliver, and at which pressure?",
        "The feed pump of the Corvane K0000000 delivers 12 litres per minute at a pressure of 6 bar.",
    ),
    (
        "Its oil filter is replaced every 500 hours of operation, or once a year, whichever comes first.",
        "How often must the oil filter of the Corvane K0000000 be replaced?",
        "The oil filter is replaced every 500 hours of operation, or once a year, whichever comes first.",
    ),
    (
        "The safety valve opens at 8 bar, because the welded seams of the boiler were tested at 10 bar only.",
        "Why does the safety valve of the Corvane K0000000 open at 8 bar?",
        "The valve opens at 8 bar because the welded seams of the boiler were tested at 10 bar only.",
    ),
    (
        "Before the cover is taken off, the main switch is locked and the pressure gauge must show zero.",
        "What has to be done before the cover of the Corvane K0000000 is taken off?",
        "The main switch is locked first, and the pressure gauge must show zero.",
    ),
    (
        "In rooms below 5 degrees the tank is drained overnight, since frozen water bursts the heat exchanger.",
        "When is the tank of the Corvane K0000000 drained overnight?",
        "The tank is drained overnight in rooms below 5 degrees, since frozen water bursts the heat exchanger.",
    ),
)
"""What the passage says, and a question and an answer made of it."""

_TEXT = (
    " ".join(fact for fact, _, _ in _FACTS)
    + """ The machine stands on four rubber feet that keep its vibrations from the floor, and a trained
technician aligns the shaft with a feeler gauge. After a long standstill the bearings are greased by hand, and the drive
belt is turned twice before the motor starts. Spare parts are listed in the annex, and the dealer keeps the most common
ones in stock. Whoever works at the open machine wears gloves and goggles. Used oil is collected in a closed drum and
handed to a licensed company.
"""
)


def text(number: int) -> str:
    """The chunk about one machine: about a kilobyte."""
    return _TEXT.replace(_NOBODY, f"{number:0{DIGITS}}")


def reply() -> bytes:
    """The JSON text about machine 0000000, as a model writes it."""
    pairs = [
        {"question_type": "factual", "evidence": [fact], "question": question, "answer": answer}
        for fact, question, answer in _FACTS
    ]
    return orjson.dumps({"skip_reason": None, "pairs": pairs})


def write_chunks(folder: Path, documents: int, chunks: int) -> Path:
    """So many chunk files of so many chunks each, without overlap, as `qagen chunk` leaves them; gives the folder."""
    folder.mkdir(parents=True)
    for document in range(documents):
        name = f"d{document:05}"
        (folder / f"{name}_chunks.json").write_bytes(orjson.dumps(_chunk_file(name, document * chunks, chunks)))
    return folder


def _chunk_file(name: str, first: int, count: int) -> dict[str, Any]:
    size = len(text(0))
    metadata = {"file_name": f"{name}.md", "source_file": f"docs/{name}.md", "file_type": ".md"}
    return {
        "format": "qagen/chunks@1",
        "metadata": {**metadata, "title": "Service manual", "language": "en"},
        "processing_info": {"splitting_strategy": "recursive", "chunk_size": size, "chunk_overlap": 0},
        "chunks": [
            {
                "chunk_index": index,
                "chunk_id": f"{name}-{index}",
                "text": text(first + index),
                "start_char": index * size,
                "end_char": (index + 1) * size,
                "core_start": index * size,
                "section": "4 Maintenance",
            }
            for index in range(count)
        ],
    }
