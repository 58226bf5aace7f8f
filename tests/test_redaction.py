"""No key in anything that is shown, in no form, and nothing that steers a terminal."""

from __future__ import annotations

import base64
import random
import string
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen import redaction
from qagen.redaction import SHOWN, harmless, redact, remember, without_key

KEY = "pk4Zq81Lw_0x-Rt7uVbN3mSd"
"""It looks like no vendor's key: nothing but its being known gives it away."""
PLAIN = string.ascii_letters + string.digits + "_-"
KEYS = st.text(PLAIN, min_size=16, max_size=64)
AROUND = st.text(max_size=60)


@pytest.fixture(autouse=True)
def no_keys_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_KEYS", set())


def base64_parts(key: str) -> Iterator[str]:
    """What base64 makes of the key, wherever in it the key begins: the digits that it alone decides."""
    for before in range(3):
        for after in range(3):
            text = base64.b64encode(b"u" * before + key.encode() + b"v" * after).decode()
            yield text[-(-8 * before // 6) : 8 * (before + len(key)) // 6]


# Forms of a key


@pytest.mark.parametrize(
    "text",
    [
        f"key {KEY} is wrong",
        KEY,
        f"'{KEY}'",
        f"https://host.example/v1?key={KEY}&x=1",
        f"https://user:{KEY}@host.example/",
        f"x-api-key: {KEY}\r\n",
        f"{KEY}{KEY}",
        f"prefix{KEY}suffix",
        f"Authorization: Basic {base64.b64encode(f'user:{KEY}'.encode()).decode()}",
        f"Basic {base64.b64encode(f':{KEY}'.encode()).decode()}",
        f"Basic {base64.b64encode(f'me:{KEY}'.encode()).decode()}",
        f"Basic {base64.b64encode(f'{KEY}:'.encode()).decode()}",
        base64.urlsafe_b64encode(f"key={KEY};".encode()).decode(),
    ],
)
@pytest.mark.parametrize("how", ["given", "remembered"])
def test_a_key_is_taken_out_in_every_form(text: str, how: str) -> None:
    if how == "remembered":
        remember(KEY)
    shown = redact(text, KEY if how == "given" else None)
    assert SHOWN in shown
    assert KEY not in shown
    assert not any(part in shown for part in base64_parts(KEY))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(quote("ab/cd+EF==gh/ij+KL==")),
        quote("ab/cd+EF==gh/ij+KL==", safe=""),
        quote_plus("ab/cd+EF==gh/ij+KL=="),
        urlencode({"key": "ab/cd+EF==gh/ij+KL=="}),
        pytest.param(
            quote("ab/cd+EF==gh/ij+KL==", safe="").lower().replace("ef", "EF").replace("kl", "KL"),
        ),
        pytest.param(
            "ab/cd+EF==gh/ij+KL==".replace("/", "\\/"),
        ),
    ],
)
def test_a_key_with_other_characters_is_known_in_urls_and_in_json(text: str) -> None:
    assert redact(f"at {text}.", "ab/cd+EF==gh/ij+KL==") in {f"at {SHOWN}.", f"at key={SHOWN}."}


@given(KEYS, AROUND, AROUND)
def test_no_surroundings_hide_a_key(key: str, before: str, after: str) -> None:
    assert key not in redact(before + key + after, key)
    url = f"https://{quote(before)}.example/?{urlencode({'key': before + key + after})}"
    assert key not in redact(url, key)
    assert quote(key, safe="") not in redact(url, key)


@given(KEYS, st.binary(max_size=40), st.binary(max_size=40))
def test_no_neighbours_hide_a_key_in_base64(key: str, before: bytes, after: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        shown = redact(f"Basic {encode(before + key.encode() + after).decode()}", key)
        assert not any(part in shown for part in base64_parts(key))
        assert SHOWN in shown


@given(st.lists(KEYS, min_size=1, max_size=4), st.lists(AROUND, min_size=5, max_size=5))
def test_of_several_keys_none_is_shown(keys: list[str], between: list[str]) -> None:
    text = "\n".join(part for pair in zip(between, keys, strict=False) for part in pair)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redaction, "_KEYS", set())
        for key in keys:
            remember(key)
        shown = redact(text)
    assert not any(key in shown for key in keys)


def test_a_key_that_begins_with_another_one_leaves_no_rest() -> None:
    remember(KEY)
    remember(f"{KEY}-longer")
    assert redact(f"{KEY}-longer and {KEY}") == f"{SHOWN} and {SHOWN}"


@pytest.mark.parametrize("key", ["x", "key", "none", "local", ""])
def test_a_placeholder_is_not_taken_out_of_every_text(key: str) -> None:
    remember(key)
    text = f"the {key} of all keys is local, or none; {base64.b64encode(key.encode()).decode()}"
    assert redact(text, key) == text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_what_holds_no_key_stays_as_it_is(text: str) -> None:
    if not redaction._SHAPES.search(text) and not any(form in text for form in redaction._forms(KEY)):
        assert redact(text, KEY) == text


@pytest.mark.parametrize(
    "text",
    [
        "sk-proj-abcDEF123456",
        "sk-ant-api03-abc_DEF-ghi",
        "AIzaSyA1234567890abcdef",
        "gsk_0123456789abcdefghijABCDEFGHIJ",
        "xai-0123456789abcdefghijABCDEFGHIJ",
        "Bearer abcdef123456",
        "Bearer  eyJhbGciOi.eyJzdWIi.c2ln",
    ],
)
def test_what_looks_like_a_key_is_taken_out_though_nobody_knows_it(text: str) -> None:
    assert redact(f"you sent {text}, which is wrong") == f"you sent {SHOWN}, which is wrong"


@pytest.mark.parametrize(
    "text",
    ["a risk-free task-force", "sk-learn", "the bearer of this", "Bearer to", "c_0000000123", "src_tests_llm_server"],
)
def test_ordinary_words_do_not_look_like_keys(text: str) -> None:
    assert redact(text) == text


RANDOM = random.Random(7)  # chosen evenly, as vendors do; hypothesis would try `aaaa`
HEX, LETTERS, ALPHANUMERIC = "0123456789abcdef", string.ascii_letters, string.ascii_letters + string.digits


@pytest.mark.parametrize(
    ("beginning", "alphabet", "length"),
    [
        pytest.param("sk-", ALPHANUMERIC, 48, id="openai, until 2024"),
        pytest.param("sk-proj-", PLAIN, 156, id="openai"),
        pytest.param("sk-svcacct-", PLAIN, 156, id="openai, of a service"),
        pytest.param("sk-ant-api03-", PLAIN, 95, id="anthropic"),
        pytest.param("sk-ant-admin01-", PLAIN, 95, id="anthropic, of an administrator"),
        pytest.param("AIza", PLAIN, 35, id="gemini"),
        pytest.param("AQ.Ab8RN6", PLAIN, 45, id="gemini, since 2026"),
        pytest.param("gsk_", ALPHANUMERIC, 52, id="groq"),
        pytest.param("xai-", ALPHANUMERIC, 80, id="xai"),
        pytest.param("sk-or-v1-", HEX, 64, id="openrouter"),
        pytest.param("sk-", HEX, 32, id="deepseek"),
        pytest.param("tgp_v1_", PLAIN, 43, id="together"),
        pytest.param("hf_", LETTERS, 34, id="hugging face"),
        pytest.param("hf_", ALPHANUMERIC, 34, id="hugging face, with digits"),
    ],
)
def test_every_key_of_a_vendors_form_is_taken_out_though_nobody_knows_it(
    beginning: str, alphabet: str, length: int
) -> None:
    for _ in range(500):
        key = beginning + "".join(RANDOM.choices(alphabet, k=length - 1)) + "x"
        assert redact(f"Incorrect API key provided: {key}. See") == f"Incorrect API key provided: {SHOWN}. See"


WORDS = st.one_of(
    st.text(string.ascii_lowercase, min_size=1, max_size=30),
    st.text(string.ascii_lowercase, min_size=1, max_size=30).map(str.title),
    st.text(string.ascii_uppercase, min_size=1, max_size=30),
    st.integers(0, 10**8).map(str),
    st.sampled_from(["2nd", "3D", "v2", "C3PO", "návod", "Überblick"]),
)


@given(st.sampled_from(["sk", "xai", "gsk", "hf", "long", "tgp", "Sk"]), st.lists(WORDS, max_size=12), st.data())
def test_words_of_prose_joined_by_hyphens_are_never_a_key(first: str, words: list[str], data: st.DataObject) -> None:
    name = first + "".join(data.draw(st.sampled_from("-_")) + word for word in words)
    assert redact(f"{name}.md") == f"{name}.md"


@pytest.mark.parametrize(
    "name",
    [
        "sk-learn-introduction-to-machine-learning.md",
        f"long-{'n' * 200}.md",
        "sk-navod-na-pouzitie-2024.pdf",
        "Bearer bonds and shares.txt",
        "sk-" * 100_000,
    ],
)
def test_a_document_is_called_by_its_name_although_that_begins_like_a_key(name: str) -> None:
    assert redact(name) == name


# Data


def test_data_loses_a_key_and_nothing_else() -> None:
    data = b'{"text": "your key is %b, and sk-proj-abcDEF123456 is none"}' % KEY.encode()
    assert without_key(data, KEY) == data.replace(KEY.encode(), b"[key]")
    assert without_key(data, None) == data


@pytest.mark.parametrize("key", ["sk-secret", "password", "123456789012345"])
def test_data_is_left_alone_where_the_key_may_be_a_word(key: str) -> None:
    data = f"the {key} of the text".encode()
    assert without_key(data, key) == data


@given(KEYS, st.binary(max_size=100), st.binary(max_size=100))
def test_data_never_holds_the_key_that_was_sent(key: str, before: bytes, after: bytes) -> None:
    assert key.encode() not in without_key(before + key.encode() + after, key)


# Terminals


@given(st.text())
def test_what_is_shown_cannot_steer_a_terminal(text: str) -> None:
    shown = harmless(text)
    assert len(shown) == len(text)
    assert not any((ord(letter) < 32 and letter not in "\n\t") or 127 <= ord(letter) < 160 for letter in shown)
    shown.encode()


def test_marks_of_direction_and_escapes_are_replaced_and_letters_are_not() -> None:
    assert harmless("\x1b[2J\u202eabc\u2066\ud83d é 漢 😀\n\t") == "\ufffd[2J\ufffdabc\ufffd\ufffd é 漢 😀\n\t"


# What Python prints by itself

GUARDED = f"""
import asyncio, base64, logging, sys, threading
from qagen.redaction import guard_output, remember
key = {KEY!r}
remember(key)
guard_output()
"""
COMMON = base64.b64encode(f"user:{KEY}".encode()).decode()


def printed(script: str) -> str:
    """The stderr of a program of its own."""
    ended = subprocess.run([sys.executable, "-c", GUARDED + script], capture_output=True, text=True, timeout=60)
    assert KEY not in ended.stdout
    return ended.stderr


@pytest.mark.parametrize(
    "script",
    [
        "raise ValueError('no ' + key)",
        "raise ValueError('no ' + base64.b64encode(b'user:' + key.encode()).decode())",
        "try:\n    raise KeyError(key)\nexcept KeyError as error:\n    raise RuntimeError('bad') from error",
        "try:\n    raise KeyError(key)\nfinally:\n    raise RuntimeError('bad')",
        "raise ExceptionGroup('bad', [ValueError(key), TypeError(key)])",
        "error = ValueError('bad')\nerror.add_note('with ' + key)\nraise error",
        "thread = threading.Thread(target=lambda: open('/nowhere/' + key))\nthread.start()\nthread.join()",
        "class Bad:\n    def __del__(self):\n        raise ValueError(key)\nbad = Bad()\ndel bad",
        "logging.getLogger('some.library').warning('sent %s', key)",
        "try:\n    int(key)\nexcept ValueError:\n    logging.getLogger('some.library').exception('failed')",
        "async def main():\n    asyncio.get_running_loop().create_task(fail())\n    await asyncio.sleep(0.01)\n"
        "async def fail():\n    raise ValueError(key)\nasyncio.run(main())",
    ],
)
def test_whatever_python_prints_of_an_error_holds_no_key(script: str) -> None:
    shown = printed(script)
    assert SHOWN in shown
    assert KEY not in shown
    assert not any(part in shown for part in base64_parts(KEY))


def test_an_error_that_nobody_catches_is_still_told_with_its_place_and_without_escapes() -> None:
    shown = printed("def here():\n    raise ValueError('\\x1b[2J' + key)\nhere()")
    assert "in here" in shown
    assert "ValueError: \ufffd[2J[key]" in shown
    assert "\x1b" not in shown


def test_libraries_say_only_what_went_wrong() -> None:
    shown = printed("for name in ('httpx', 'httpcore.http11', 'x'):\n    logging.getLogger(name).info('GET /' + key)")
    assert shown == ""


def test_a_thread_that_ends_itself_is_no_error() -> None:
    assert printed("thread = threading.Thread(target=sys.exit)\nthread.start()\nthread.join()") == ""


def test_a_traceback_shows_no_values_of_variables() -> None:
    assert COMMON not in printed(f"def here(secret):\n    raise ValueError('bad')\nhere({COMMON!r})")
