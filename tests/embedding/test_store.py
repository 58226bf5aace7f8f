"""Vectors on the disk: what is kept, what a kill or the disk damages, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qagen.embedding.store import Store, folder_of, key_of, of_length_one, opened
from qagen.errors import DataError, StorageError
from qagen.llm.providers import PROVIDERS, Endpoint

HOST = Endpoint(PROVIDERS["local"], "bge-m3", "http://127.0.0.1:11434")
FOLDER = Path("index")
RECORD = 32 + 4 + 2 * 8


def keys(*texts: str) -> list[bytes]:
    return [key_of(text, "passage") for text in texts]


def vectors(count: int, length: int = 8) -> NDArray[np.float32]:
    return np.random.default_rng(count).normal(size=(count, length)).astype(np.float32)


def filled(count: int) -> None:
    with opened(FOLDER, HOST) as store:
        for number in range(count):
            store.add(keys(f"t{number}"), vectors(count)[number : number + 1])


def known() -> list[bool]:
    with opened(FOLDER, HOST) as store:
        return [key in store for key in keys(*(f"t{number}" for number in range(5)))]


def test_what_is_added_is_there_again() -> None:
    made = vectors(5)
    filled(5)
    with opened(FOLDER, HOST) as store:
        assert (len(store), store.dimensions, store.damaged) == (5, 8, 0)
        rows = np.array([store.row(key) for key in keys("t3", "t0")])
        np.testing.assert_allclose(store.vectors(rows), of_length_one(made)[[3, 0]], atol=1e-3)
        assert store.row(key_of("t3", "query")) is None


@pytest.mark.parametrize("left", range(1, RECORD))
def test_a_record_that_was_cut_off_is_none_and_the_next_stands_in_its_place(left: int) -> None:
    filled(5)
    path = FOLDER / "vectors.bin"
    assert path.stat().st_size == 5 * RECORD
    os.truncate(path, 4 * RECORD + left)
    assert known() == [True] * 4 + [False]
    filled_again = vectors(1)
    with opened(FOLDER, HOST) as store:
        store.add(keys("t4"), filled_again)
    assert path.stat().st_size == 5 * RECORD
    assert known() == [True] * 5


@pytest.mark.parametrize("place", [0, 31, 33, 40, RECORD - 1])
def test_a_record_that_the_disk_changed_is_none(place: int) -> None:
    filled(5)
    path = FOLDER / "vectors.bin"
    data = bytearray(path.read_bytes())
    data[2 * RECORD + place] ^= 1
    path.write_bytes(data)
    assert known() == [True, True, False, True, True]
    with opened(FOLDER, HOST) as store:
        assert store.damaged == 1


def test_zeros_after_a_power_loss_are_no_records() -> None:
    filled(5)
    path = FOLDER / "vectors.bin"
    path.write_bytes(path.read_bytes()[: 3 * RECORD] + bytes(2 * RECORD))
    assert known() == [True, True, True, False, False]


def test_a_vector_of_another_length_is_refused_and_nothing_is_changed() -> None:
    filled(2)
    with opened(FOLDER, HOST) as store, pytest.raises(DataError, match="8 numbers, and bge-m3 now makes some of 9"):
        store.add(keys("x"), vectors(1, 9))
    assert known()[:2] == [True, True]


def test_a_write_that_failed_is_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    from qagen.files import appending

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    filled(2)
    with opened(FOLDER, HOST) as store:
        with monkeypatch.context() as patch:
            patch.setattr(appending, "force", full)
            with pytest.raises(StorageError, match="No space left"):
                store.add(keys("t2"), vectors(1))
        assert key_of("t2", "passage") not in store
        store.add(keys("t3"), vectors(1))
    assert known() == [True, True, False, True, False]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "qagen/state@1"}', '{"format": "qagen/embeddings@9"}'])
def test_a_description_that_is_none_is_named(text: str) -> None:
    filled(2)
    (FOLDER / "embeddings.json").write_text(text)
    with pytest.raises(DataError, match=r"embeddings\.json"), opened(FOLDER, HOST):
        pass


def test_what_makes_other_vectors_has_another_folder() -> None:
    others = [
        HOST,
        Endpoint(PROVIDERS["local"], "other", HOST.base_url),
        Endpoint(PROVIDERS["local"], "bge-m3", "http://gpu:11434"),
        Endpoint(PROVIDERS["compatible"], "bge-m3", HOST.base_url),
    ]
    assert len({folder_of(FOLDER, other) for other in others}) == 4


def test_a_link_to_another_place_is_not_followed(tmp_path: Path) -> None:
    filled(1)
    path, elsewhere = FOLDER / "vectors.bin", tmp_path / "precious"
    elsewhere.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(elsewhere)
    with opened(FOLDER, HOST) as store, pytest.raises(StorageError):
        store.add(keys("x"), vectors(1))
    assert elsewhere.stat().st_size == RECORD


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_lengths_are_one_or_zero(numbers: list[float]) -> None:
    scaled = of_length_one(np.array([numbers], dtype=np.float32))
    length = float(np.linalg.norm(scaled.astype(np.float64)))
    assert length == pytest.approx(1, abs=1e-5) or not any(numbers)


def test_a_store_is_empty_before_its_first_vector() -> None:
    with opened(FOLDER, HOST) as store:
        assert isinstance(store, Store)
        assert (len(store), store.dimensions) == (0, None)
