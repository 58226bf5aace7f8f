"""What a QA file and the account of a run must say, read as plain JSON: none of the program's own code is trusted."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

_DIGITS = re.compile(rb'"checksum": ?"sha256:([0-9a-f]{64})"')


def core_keys(texts: list[str]) -> list[str]:
    """The key of each chunk, by its text: SHA-256, and `#n` for the n-th chunk of that text."""
    seen: Counter[str] = Counter()
    keys = []
    for text in texts:
        digest = hashlib.sha256(text.encode()).hexdigest()
        seen[digest] += 1
        keys.append(digest if seen[digest] == 1 else f"{digest}#{seen[digest]}")
    return keys


def is_sealed(data: bytes) -> bool:
    """Whether the checksum in the file is that of its bytes, with zeros for its own digits."""
    found = _DIGITS.search(data)
    if found is None:
        return False
    zeroed = data[: found.start(1)] + 64 * b"0" + data[found.end(1) :]
    return hashlib.sha256(zeroed).hexdigest().encode() == found[1]


def check_file(path: Path) -> Any:
    """A QA file as qagen wrote it: sealed, and whatever it says twice, it says the same. Gives its value."""
    data = path.read_bytes()
    qa = json.loads(data)
    assert is_sealed(data), f"{path}: the checksum is wrong"
    check_agreement(qa)
    return qa


def check_agreement(qa: dict[str, Any]) -> None:
    """Lists, records, pairs and summary agree."""
    records = {int(index): record for index, record in qa["chunks"].items()}
    by_status = {
        status: sorted(index for index, record in records.items() if record["status"] == status)
        for status in ("completed", "failed", "pending")
    }
    assert sum(map(len, by_status.values())) == len(records)
    assert qa["completed_chunks"] == by_status["completed"]
    assert qa["failed_chunks"] == by_status["failed"]
    summary = qa["summary"]
    assert summary["completed_chunks"] == len(by_status["completed"])
    assert summary["failed_chunks"] == len(by_status["failed"])
    assert summary["total_chunks"] == qa["processing_info"]["total_chunks"]
    pending = summary["total_chunks"] - summary["completed_chunks"] - summary["failed_chunks"]
    assert pending >= len(by_status["pending"])
    assert (qa["status"] in {"in_progress", "interrupted"}) == (pending > 0)
    assert summary["requests"] == sum(record["attempts"] for record in records.values())
    for tokens in ("input_tokens", "output_tokens"):
        assert summary[tokens] == sum(record["usage"][tokens] for record in records.values())
    _check_pairs(qa, records)


def _check_pairs(qa: dict[str, Any], records: dict[int, Any]) -> None:
    pairs = qa["training_pairs"]
    assert len({pair["pair_id"] for pair in pairs}) == len(pairs) == qa["summary"]["total_qa_pairs"]
    assert [pair["chunk_index"] for pair in pairs] == sorted(pair["chunk_index"] for pair in pairs)
    for pair in [*pairs, *qa["rejected_pairs"]]:
        assert pair["chunk_key"] == records[pair["chunk_index"]]["chunk_key"]
        text = "\0".join((pair["question"], pair["answer"], pair["chunk_key"]))
        assert pair["pair_id"] == hashlib.sha256(text.encode()).hexdigest()[:16]
    kept = Counter(pair["chunk_index"] for pair in pairs)
    assert kept == Counter({index: record["kept"] for index, record in records.items() if record["kept"]})
    assert all(records[index]["status"] == "completed" for index in kept)


def check_account(account: dict[str, Any]) -> None:
    """The summary of a run adds up."""
    chunks, requests = account["chunks"], account["requests"]
    assert chunks["total"] == chunks["completed"] + chunks["failed"] + chunks["pending"]
    assert chunks["completed"] == chunks["completed_earlier"] + chunks["completed_now"]
    assert min(value for value in chunks.values()) >= 0
    assert requests["sent"] == requests["replies"] + sum(requests["failed"].values()) + requests["cancelled"]
    assert requests["replies"] == requests["useful"] + requests["unusable"]
