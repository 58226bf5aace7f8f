"""Signatures: alike texts share a band, others do not."""

from __future__ import annotations

from random import Random

import numpy as np

from qagen.dataset.minhash import bands
from qagen.dataset.wording import likeness


def meet(one: str, other: str, salts: tuple[int, int] = (1, 1)) -> bool:
    keys = bands([one, other], salts)
    return bool((keys[0] == keys[1]).any())


def text(random: Random, words: int) -> str:
    return " ".join("".join(random.choices("abcdefghijklmnop", k=random.randint(2, 9))) for _ in range(words))


def test_texts_that_are_alike_meet_and_others_do_not() -> None:
    random = Random(1)
    near = far = 0
    for _ in range(300):
        one = text(random, 30)
        words = one.split()
        words[random.randrange(30)] = "changed"
        other = " ".join(words)
        if likeness(one, other) >= 0.8:
            near += meet(one, other)
        else:
            near += 1
        far += meet(one, text(random, 30))
    assert near >= 290
    assert far == 0


def test_equal_texts_meet_in_every_band_and_never_where_their_salts_differ() -> None:
    keys = bands(["what is it", "what is it", "what is it"], [5, 5, 6])
    assert (keys[0] == keys[1]).all()
    assert not (keys[0] == keys[2]).any()
    assert not meet("a", "a", (1, 2))


def test_a_texts_keys_do_not_depend_on_its_neighbours() -> None:
    texts = ["", "a", "最大压力是多少", "What is the maximum pressure?", "\U0001f642" * 9, "x" * 5000]
    together = bands(texts, range(1, 7))
    for place, one in enumerate(texts):
        assert (bands([one], [place + 1])[0] == together[place]).all()


def test_the_keys_are_the_same_on_every_machine_and_never_zero() -> None:
    keys = bands(["What is the maximum pressure?"], [7])
    assert keys.dtype == np.uint64
    assert keys.all()
    assert [int(key) for key in keys[0][:2]] == [KEY, OTHER_KEY]


KEY, OTHER_KEY = 2493075320613436511, 15105763911048509379
