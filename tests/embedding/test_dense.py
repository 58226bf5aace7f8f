"""Passages and questions in, neighbours out, against a real server: what is found, what it took, what is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from qagen.embedding import Account, Dense, Question, search
from qagen.embedding.store import folder_of
from qagen.errors import AccessError, DataError, RejectedError, StorageError, TransientError, UsageError
from qagen.llm.client import Client, Stopped
from qagen.llm.prices import Price
from qagen.llm.providers import PROVIDERS, Endpoint
from tests.embedding.corpus import bought, endpoint, passages, questions, texts_of
from tests.llm_server import LLMServer

pytestmark = pytest.mark.anyio

INDEX = Path("corpus") / ".index"


async def run(
    server: LLMServer,
    texts: dict[str, str] | None = None,
    asked: dict[str, Question] | None = None,
    *,
    host: Endpoint | None = None,
    workers: int = 4,
    **more: Any,
) -> Dense:
    async with Client(host or endpoint(server), workers) as client:
        return await search(
            client,
            INDEX,
            passages(40) if texts is None else texts,
            questions(40) if asked is None else asked,
            workers=workers,
            **more,
        )


@pytest.mark.parametrize(("name", "model"), [("local", "bge-m3"), ("openai", "text-x"), ("gemini", "gemini-embed")])
async def test_each_question_finds_its_own_passage_first(server: LLMServer, name: str, model: str) -> None:
    dense = await run(server, host=endpoint(server, name, model), most=5)
    for number in range(40):
        found = dense.of(f"p{number}")
        assert len(found.near) == 5
        assert found.near[0].chunk_key == f"c{number}"
        assert found.own == pytest.approx(found.near[0].cosine, abs=1e-6)
        cosines = [near.cosine for near in found.near]
        assert cosines == sorted(cosines, reverse=True)
        assert 0 < cosines[-1] <= cosines[0] <= 1.001
    account = dense.account
    assert (account.wanted, account.made, account.reused, account.left) == (80, 80, 0, [])
    assert sum(bought(server.ledger()).values()) == 80


async def test_nothing_is_asked_twice_and_what_is_new_is_asked_alone(server: LLMServer) -> None:
    first = await run(server)
    server.reset()
    again = await run(server)
    assert server.ledger() == []
    assert (again.account.reused, again.account.made) == (80, 0)
    assert [again.of(f"p{number}") for number in range(40)] == [first.of(f"p{number}") for number in range(40)]
    await run(server, passages(41))
    (entry,) = server.ledger()
    assert texts_of(entry) == [passages(41)["c40"]]


async def test_equal_texts_are_asked_about_once_and_a_question_is_no_passage(server: LLMServer) -> None:
    texts = {"a": "The pump rests.", "b": "The pump rests.", "c": "Cats sleep."}
    dense = await run(server, texts, {"p": Question("The pump rests.", "b")})
    assert sorted(bought(server.ledger()).elements()) == ["Cats sleep.", "The pump rests.", "The pump rests."]
    found = dense.of("p")
    assert [near.chunk_key for near in found.near] == ["a", "b", "c"]
    assert found.own == pytest.approx(1, abs=1e-3)


async def test_models_have_folders_of_their_own(server: LLMServer) -> None:
    await run(server)
    await run(server, host=endpoint(server, model="other"))
    assert len(list(INDEX.glob("embeddings-*"))) == 2


async def test_questions_and_passages_carry_what_the_model_wants_before_them(server: LLMServer) -> None:
    host = endpoint(server, model="nomic-embed-text")
    await run(server, {"c": "The pump rests."}, {"p": Question("What rests?", "c")}, host=host)
    assert set(bought(server.ledger())) == {"search_document: The pump rests.", "search_query: What rests?"}


async def test_what_is_missing_is_nobodys_neighbour(server: LLMServer) -> None:
    texts = {"blank": " \n", "full": "The pump rests."}
    asked = {"p": Question("Which pump?", "blank"), "q": Question("", "full"), "r": Question("Which pump?", "gone")}
    dense = await run(server, texts, asked)
    assert [near.chunk_key for near in dense.of("p").near] == ["full"]
    assert dense.of("p").own is None
    assert (dense.of("q").near, dense.of("q").own) == ((), None)
    assert dense.of("r").own is None
    assert dense.of("never heard of").near == ()
    assert dense.account.blank == 2


@pytest.mark.parametrize(("texts", "asked"), [({}, None), (None, {}), ({}, {})])
async def test_nothing_at_all_is_fine(server: LLMServer, texts: Any, asked: Any) -> None:
    dense = await run(server, texts, asked)
    assert dense.of("p0").near == ()


async def test_half_a_character_is_sent_as_a_sign_of_it(server: LLMServer) -> None:
    await run(server, {"c": "The pump \ud83d rests."}, {})
    assert list(bought(server.ledger())) == ["The pump \ufffd rests."]


async def test_workers_ask_at_the_same_time(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "hang", "when": {"after": 1}}])
    task = asyncio.create_task(run(server, passages(200), {}, workers=4))
    await asyncio.to_thread(server.wait_for, requests=5, timeout_s=60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert server.ledger()[0].in_flight == server.ledger()[1].in_flight == 1  # the first goes alone
    assert max(entry.in_flight for entry in server.ledger()) == 4

    server.reset()
    server.configure(latency_ms=50)
    await run(server, passages(200), {}, workers=4)
    assert max(entry.in_flight for entry in server.ledger()) <= 4


async def test_progress_and_account(server: LLMServer) -> None:
    seen: list[int] = []

    def look(account: Account) -> None:
        assert account.done <= account.wanted
        seen.append(account.done)

    dense = await run(server, on_progress=look)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 80)
    account = dense.account
    tokens = sum(-(-sum(len(text) + 1 for text in texts_of(entry)) // 4) for entry in server.ledger())
    assert account.usage.input_tokens == pytest.approx(tokens, abs=10)
    assert account.replies == len(server.ledger())
    assert account.cost(Price(1.0, 0.0)) == pytest.approx(account.usage.input_tokens / 1e6)
    assert account.cost(None) is None


async def test_tokens_that_nobody_counted_are_estimated(server: LLMServer) -> None:
    account = (await run(server, host=endpoint(server, "gemini", "gemini-embed"))).account
    assert (account.usage.input_tokens, account.uncounted) == (0, account.replies)
    assert account.estimated.input_tokens > 0
    assert account.cost(Price(1.0, 0.0)) == pytest.approx(account.estimated.input_tokens / 1e6)


# What goes wrong


@pytest.mark.parametrize("fault", [{"status": 400}, {"status": 422}, {"status": 500}])
async def test_one_bad_text_is_found_and_the_others_have_their_vectors(
    server: LLMServer, fault: dict[str, Any]
) -> None:
    server.configure(faults=[{"fault": "status", "when": {"contains": "number 13 "}, **fault}])
    dense = await run(server, asked={})
    (left,) = dense.account.left
    assert "number 13 " in left.text
    assert f"HTTP {fault['status']}" in str(left.error)
    assert dense.account.made == 39
    assert max(bought(server.ledger()).values()) == 1


async def test_a_bad_vector_of_one_text_costs_that_text_alone(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "nan_vectors", "when": {"contains": "number 13 "}}])
    dense = await run(server, asked={})
    assert [("number 13 " in left.text) for left in dense.account.left] == [True]
    assert dense.account.made == 39


async def test_many_bad_texts_in_a_row_are_left_where_a_harmless_one_passes(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "status", "status": 400, "when": {"contains": "hall 1 "}}])
    dense = await run(server, asked={}, workers=1)
    assert len(dense.account.left) == 8
    assert dense.account.made == 32
    server.configure(faults=[{"fault": "status", "status": 400, "when": {"contains": "hall 1 "}}])
    assert len((await run(server, asked={}, workers=1)).account.left) == 8


@pytest.mark.parametrize(("status", "error"), [(400, RejectedError), (500, TransientError)])
async def test_what_is_refused_whatever_the_text_ends_the_run(server: LLMServer, status: int, error: Any) -> None:
    server.configure(faults=[{"fault": "status", "status": status}])
    with pytest.raises((error, AccessError)):
        await run(server)
    assert len(server.ledger()) < 20


async def test_a_request_of_too_many_tokens_is_halved_and_the_next_are_smaller(server: LLMServer) -> None:
    server.configure(faults=[{"fault": "status", "status": 400, "when": {"contains": "number 3 "}, "times": 1}])
    dense = await run(server, passages(64), {}, workers=1)
    sizes = [len(texts_of(entry)) for entry in server.ledger()]
    assert sizes[:3] == [16, 8, 8]
    assert max(sizes[3:]) < 12
    assert dense.account.made == 64


async def test_long_texts_are_cut(server: LLMServer) -> None:
    dense = await run(server, {"c": "word " * 10_000, "d": "The pump rests."}, {})
    assert dense.account.cut == 1
    longest = PROVIDERS["local"].embeddings
    assert longest is not None
    assert max(map(len, bought(server.ledger()))) == longest.longest_text


async def test_texts_that_are_too_long_for_the_model_are_cut_and_the_rest_knows(server: LLMServer) -> None:
    """Ollama since 0.13.5: an error, whatever `truncate` says."""
    server.configure(num_ctx=256, truncates_inputs=False)
    texts = {f"c{number}": f"The pump number {number} " + "runs and runs " * 200 for number in range(60)}
    dense = await run(server, texts, {}, workers=1)
    assert (dense.account.made, dense.account.cut, dense.account.left) == (60, 60, [])
    refused = [entry for entry in server.ledger() if entry.status == 400]
    assert len(refused) < 25
    assert all(500 < len(text) <= 4 * 256 for text in bought(server.ledger()))
    server.reset()
    assert (await run(server, texts, {})).account.made == 0
    assert server.ledger() == []


async def test_one_dense_text_does_not_cut_the_others(server: LLMServer) -> None:
    server.configure(
        faults=[
            {"fault": "context_length", "when": {"contains": "9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9"}}
        ]
    )
    texts = {f"c{number}": f"Pump {number} " + "runs on " * 20 for number in range(40)} | {"table": "9 " * 200}
    dense = await run(server, texts, {}, workers=1)
    assert dense.account.made + len(dense.account.left) == 41
    assert dense.account.cut <= 1


async def test_a_key_that_is_refused_ends_it_after_one_request(server: LLMServer) -> None:
    server.configure(api_key="another")
    with pytest.raises(AccessError):
        await run(server, host=endpoint(server, "openai", "m"))
    assert len(server.ledger()) == 1


async def test_another_model_under_the_same_name_is_noticed(server: LLMServer) -> None:
    await run(server, passages(3), {})
    server.configure(faults=[{"fault": "other_vectors"}])
    with pytest.raises(DataError, match="256 numbers, and bge-m3 now makes some of 128"):
        await run(server, passages(5), {})


async def test_a_provider_without_vectors_is_a_usage_error(server: LLMServer) -> None:
    host = Endpoint(PROVIDERS["claude"], "m", server.url)
    with pytest.raises(UsageError, match="makes no embeddings"):
        await run(server, host=host)


async def test_a_disk_that_fails_ends_the_run_and_the_next_goes_on(
    server: LLMServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qagen.files import appending

    calls = 0

    def broken(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(appending, "force", broken)
        with pytest.raises(StorageError, match="No space left"):
            await run(server, passages(200), {}, workers=2)
    assert len(server.ledger()) <= 4
    server.reset()
    dense = await run(server, passages(200), {})
    account = dense.account
    assert account.reused >= 16  # what was forced to the disk; what was written and not forced may be there or not
    assert account.reused + account.made == 200


async def test_a_stop_keeps_what_came_and_the_next_run_goes_on(server: LLMServer) -> None:
    server.configure(latency_ms=30)
    async with Client(endpoint(server), 2) as client:

        def stop(account: Account) -> None:
            if account.made >= 48:
                client.stop()

        with pytest.raises(Stopped):
            await search(client, INDEX, passages(320), {}, workers=2, on_progress=stop)
    kept = len(bought(server.ledger()))
    assert 48 <= kept <= 80
    dense = await run(server, passages(320), {})
    assert dense.account.reused == kept
    assert set(bought(server.ledger()).values()) == {1}


async def test_being_cancelled_leaves_nothing_behind(server: LLMServer) -> None:
    server.configure(latency_ms=200)
    some = asyncio.Event()

    def look(account: Account) -> None:
        if account.made:
            some.set()

    task = asyncio.create_task(run(server, passages(320), {}, on_progress=look))
    task.add_done_callback(lambda _: some.set())  # so that an error is seen rather than waited for
    await some.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    server.configure(latency_ms=0)
    assert (await run(server, passages(320), {})).account.reused > 0


async def test_it_lies_beside_the_index_and_holds_no_secret(server: LLMServer) -> None:
    host = endpoint(server, "openai", "m")
    await run(server, host=host)
    folder = folder_of(INDEX, host)
    assert folder.name.startswith("embeddings-")
    assert {path.name for path in folder.iterdir()} >= {"embeddings.json", "vectors.bin"}
    assert all(b"sk-secret" not in path.read_bytes() for path in folder.iterdir())
