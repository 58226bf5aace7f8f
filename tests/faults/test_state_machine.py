"""Any order of runs, faults, edits and damage: what was on the disk once is never missing, and nothing is asked twice.

The model (who answers) is scripted, all else is real: plan, pump, matching, saving. A crash is the folder as it was
after one of the writes. What must be there and what may be asked is worked out from the files as plain JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from qagen import files, generate, pairs, runs
from qagen.errors import AccessError, DataError, RejectedError, StorageError, TransientError, UsageError
from qagen.generate.task import GenerateTask
from qagen.llm.client import Client, Meter, Stopped
from qagen.llm.types import Attempts, ChatReply, ChatRequest, Usage
from qagen.pump import ChunkSaved, Event, Outcome, saving
from qagen.pump.run import Pump
from qagen.settings import Settings
from tests.flow import write_chunks
from tests.llm_server import answers
from tests.outside import check_account, check_agreement, core_keys, is_sealed

DOCUMENTS = ("pump", "valve")
ASKED = 3
UNREADABLE = "%% "
"""Begins a reply that today's parser cannot read, and a better one can."""
MOODS = (*(4 * ["good"]), *(2 * ["unusable"]), "skip", "cut", "refused", "transient", *(2 * ["rejected"]), "no_key")
Remembered = set[tuple[str, str]]
"""(chunk key, question or raw reply)."""


@dataclass(frozen=True)
class Ending:
    """What happens to a run, and when: counted in requests (stop, cancel) or in writes."""

    what: str = "none"
    at: int = 1
    times: int = 1


ENDINGS = st.one_of(
    st.just(Ending()),
    st.builds(Ending, st.sampled_from(["stop", "cancel", "crash"]), st.integers(1, 5)),
    st.builds(Ending, st.just("full"), st.integers(1, 4), st.sampled_from([1, 2, 99])),
)


@dataclass
class Model:
    """Answers by its moods, one after the other, for ever."""

    moods: list[str]
    ending: Ending
    meter: Meter = field(default_factory=Meter)
    asked: list[str] = field(default_factory=list)
    brought: list[str] = field(default_factory=list)
    """Passages that were answered well."""
    replied: list[str] = field(default_factory=list)
    """Passages that were answered at all."""
    unused: list[str] = field(default_factory=list)
    """Replies that were paid for, and that a record must keep."""
    pump: Pump | None = None
    stopped: bool = False
    shut: int = 0

    def stop(self) -> None:
        self.stopped = True

    @contextlib.contextmanager
    def closed(self) -> Iterator[None]:
        self.shut += 1
        yield
        self.shut -= 1

    async def send(self, request: ChatRequest, attempts: Attempts) -> ChatReply:
        while self.shut and not self.stopped:  # noqa: ASYNC110 - the same order every time, and it is short
            await asyncio.sleep(0)
        if self.stopped:
            raise Stopped
        passage = str(request.material["passage"])
        mood = self.moods[len(self.asked) % len(self.moods)]
        self.asked.append(passage)
        attempts.sent += 1
        self.meter.requests += 1
        try:
            self._end_if_due()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.meter.cancelled += 1
            raise
        error = _error(mood)
        if error is not None:
            self.meter.failures[error.code] += 1
            raise error
        self.meter.note_reply(0.0)
        self.replied.append(passage)
        text, finish = _said(mood, passage, len(self.asked))
        if mood in {"cut", "refused"} or (mood == "unusable" and pairs.read is _READ):
            self.unused.append(text)
        elif mood != "skip":
            self.brought.append(passage)
        return ChatReply(text=text, finish=cast(Any, finish), usage=Usage(10, 0, 2), model="m")

    def _end_if_due(self) -> None:
        if self.ending.what in {"stop", "cancel"} and len(self.asked) == self.ending.at:
            assert self.pump is not None
            self.pump.stop("told to", exit_signal=130)
            if self.ending.what == "cancel":
                self.pump.cancel()


def _error(mood: str) -> TransientError | RejectedError | AccessError | None:
    if mood == "transient":
        return TransientError("it stumbled", code="5xx")
    if mood == "rejected":
        return RejectedError("it is too long", code="context_length")
    return AccessError("the key is wrong", code="auth") if mood == "no_key" else None


def _said(mood: str, passage: str, number: int) -> tuple[str, str]:
    good = answers.as_text(answers.content(passage, ASKED))
    if mood == "skip":
        return '{"skip_reason": "boilerplate", "pairs": []}', "stop"
    if mood == "cut":
        return good[: good.index("}") + 9], "length"
    if mood == "refused":
        return f"No, for the {number}th time.", "refused"
    return (f"{UNREADABLE}{number} {good.encode().hex()}", "stop") if mood == "unusable" else (good, "stop")


class Corpus(RuleBasedStateMachine):
    """A folder with two documents, and all that may happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(dir=Path.cwd()))
        self.chunks, self.qa = self.root / "chunks", self.root / "qa"
        self.qa.mkdir()
        tempfile.tempdir = str(self.root)
        self.disk = Disk(self.qa)
        self.base = Settings.load(
            provider="compatible",
            base_url="http://127.0.0.1:9/v1",
            model="m",
            questions_per_chunk=ASKED,
            chunks_dir=self.chunks,
            qa_dir=self.qa,
        )
        self.texts: dict[str, list[str]] = {}
        self.made = 0
        self.reads_better = False
        self.seen: Remembered = set()
        self.key_of: dict[str, str] = {}
        """The passage of each key that there ever was."""
        self.damaged: dict[Path, bytes] = {}
        self.temperatures: dict[str, set[float]] = {}
        """With which each passage was ever answered, by its key."""

    def teardown(self) -> None:
        pairs.read = _READ
        tempfile.tempdir = None
        shutil.rmtree(self.root)

    # What happens to the documents

    @initialize(counts=st.tuples(st.integers(2, 6), st.integers(0, 3)))
    def begin(self, counts: tuple[int, int]) -> None:
        for name, count in zip(DOCUMENTS, counts, strict=True):
            self.texts[name] = [self._new_text(name) for _ in range(count)]
            self._write(name)

    @rule(
        how=st.sampled_from(["edit", "remove", "add", "repeat", "turn around"]),
        name=st.sampled_from(DOCUMENTS),
        at=st.integers(0, 5),
    )
    def edit(self, how: str, name: str, at: int) -> None:
        """A chunk is edited, removed, added or repeated; or the document is turned around."""
        texts = self.texts[name]
        if how in {"edit", "remove"} and texts:
            texts[at % len(texts) : at % len(texts) + 1] = [self._new_text(name)] if how == "edit" else []
        if how in {"add", "repeat"} and len(texts) < 8:
            texts.insert(at % (len(texts) + 1), texts[0] if how == "repeat" and texts else self._new_text(name))
        if how == "turn around":
            texts.reverse()
        self._write(name)

    # What happens to the results

    @rule(name=st.sampled_from(DOCUMENTS), both=st.sampled_from([False, False, True]))
    def damage(self, name: str, both: bool) -> None:
        """Half of the file is lost, perhaps half of its backup, too."""
        path = next(
            (path for path in sorted(self.qa.glob("*_qa.json")) if name in path.name), self._qa_path(DOCUMENTS[0])
        )
        for one in [path, _backup(path)] if both else [path]:
            if _value(one) is not None:
                one.write_bytes(one.read_bytes()[: one.stat().st_size // 2])
                self.damaged[one] = one.read_bytes()
        self.seen &= remembered(self.qa)  # what is lost now, we have destroyed ourselves

    @rule()
    def improve_the_parser(self) -> None:
        self.reads_better = True
        pairs.read = _read_better

    # Runs

    @rule(
        moods=st.lists(st.sampled_from(MOODS), min_size=1, max_size=6),
        ending=ENDINGS,
        temperature=st.sampled_from([0.0, 0.0, 0.5]),
        accept=st.booleans(),
        retry_failed=st.sampled_from([True, True, False]),
        resume=st.sampled_from([True] * 9 + [False]),
        limit=st.one_of(st.none(), st.none(), st.integers(1, 5)),
        at_a_time=st.sampled_from([1, 3]),
    )
    def run(self, moods: list[str], ending: Ending, accept: bool, resume: bool, at_a_time: int, **more: Any) -> None:
        run_settings = self.base.model_copy(update={"accept_changes": accept, "resume": resume, **more})
        expected = Expected(self, resume=resume, **more)
        before = snapshot(self.qa)
        try:
            job = generate.plan(run_settings)
        except (UsageError, DataError) as error:
            assert snapshot(self.qa) == before
            if isinstance(error, UsageError):
                assert expected.changed
                assert not accept
            else:
                assert expected.left_out == set(self.texts)
            return
        assert accept or not expected.changed
        assert {one.file for one in job.left_out} == {f"{name}_chunks.json" for name in expected.left_out}
        model = Model(moods, ending)
        self.disk.begin(before, ending)
        events, outcome = self._go(job, model, at_a_time, resume=resume)
        for passage in model.replied:
            self.temperatures.setdefault(core_keys([passage])[0], set()).add(more["temperature"])
        self._check_asked(model, expected)
        if ending.what == "crash":
            events = self.disk.crash(events)
        elif outcome.stopped_by is None and ending.what in {"none", "full"}:
            self._check_settled(job, expected)
        self._check_saved(events)
        if ending.what != "crash":
            self._check_attempts(model, expected, events)
            self._check_nothing_paid_is_lost(model)

    def _go(
        self, job: generate.Job, model: Model, at_a_time: int, *, resume: bool
    ) -> tuple[list[tuple[int, Event]], Outcome]:
        """The run to its end; each event with the number of writes before it."""
        events: list[tuple[int, Event]] = []

        def hear(event: Event) -> None:
            events.append((len(self.disk.versions) - 1, event))

        async def work() -> Outcome:
            if not resume:
                runs.set_aside(job)
            documents = iter(job.to_open())
            task = GenerateTask(job)
            pump = Pump(task, cast(Client, model), documents, concurrency=at_a_time, most_open=2, on_event=hear)
            model.pump = pump
            async with asyncio.timeout(2):
                outcome = await pump.run()
            assert outcome.bug is None
            report = runs.Report(job, outcome, pump.tally, model.meter, 1.0)
            check_account(json.loads(json.dumps(report.as_dict())))
            return outcome

        return events, asyncio.run(work())

    @rule(at_a_time=st.sampled_from([1, 3]))
    def run_well(self, at_a_time: int) -> None:
        """A good day."""
        more = {"resume": True, "retry_failed": True, "limit": None, "temperature": 0.0}
        self.run(moods=["good"], ending=Ending(), accept=True, at_a_time=at_a_time, **more)

    # What must hold

    def _check_asked(self, model: Model, expected: Expected) -> None:
        """Only what is missing was asked: three rounds, and once more after a fault that may pass."""
        for passage, times in Counter(model.asked).items():
            assert times <= 6 * expected.missing[passage], f"asked {times} times: {passage}"

    def _check_settled(self, job: generate.Job, expected: Expected) -> None:
        for plan in job.plans:
            records = self._records(plan.name)
            for position in expected.reached[plan.name]:
                assert records[core_keys(self.texts[plan.name])[position]]["status"] in {"completed", "failed"}

    def _check_saved(self, events: list[tuple[int, Event]]) -> None:
        """Whatever was said to be saved is there, with its pairs."""
        for _, event in events:
            if isinstance(event, ChunkSaved):
                name, _, index = event.chunk.rpartition("-")
                record = self._records(name)[core_keys(self.texts[name])[int(index)]]
                assert record["status"] == ("failed" if event.failed else "completed")
                assert record["kept"] == event.made.made

    def _check_attempts(self, model: Model, expected: Expected, events: list[tuple[int, Event]]) -> None:
        """Each record counts the requests of all runs, its own and no others."""
        asked = Counter(core_keys([passage])[0] for passage in model.asked)
        for name in {event.document for _, event in events if isinstance(event, ChunkSaved)}:
            keys = core_keys(self.texts[name])
            for key, record in self._records(name).items():
                if f"{key}#2" not in keys and "#" not in key:
                    before = expected.attempts.get(key, 0)
                    assert record["attempts"] in {before, before + asked[key]}
                    assert record["attempts"] == before + asked[key] or record["status"] != "completed"

    def _check_nothing_paid_is_lost(self, model: Model) -> None:
        """Without a crash, every answer is in its place, or was saved in the temporary directory."""
        kept = remembered(self.root)
        assert {core_keys([passage])[0] for passage in model.brought} <= {key.partition("#")[0] for key, _ in kept}
        assert set(model.unused) <= {text for _, text in kept}

    @invariant()
    def everything_seen_is_still_there(self) -> None:
        now = remembered(self.qa)
        assert self.seen <= now
        self.seen = now

    @invariant()
    def every_file_is_sound(self) -> None:
        assert list(self.qa.rglob(".tmp*")) == []
        for path in self.qa.glob("*_qa.json*"):
            data = path.read_bytes()
            if self.damaged.get(path) != data:
                assert is_sealed(data)
                qa = json.loads(data)
                check_agreement(qa)
                self._check_places(qa)
        everywhere = [path.read_bytes() for path in self.qa.rglob("*_qa.json*")]
        for path, data in self.damaged.items():
            # A backup makes room for the next one; a damaged file is evidence.
            assert data in everywhere or path.suffix == ".bak"

    def _check_places(self, qa: Any) -> None:
        for pair in qa["training_pairs"]:
            passage = self.key_of[pair["chunk_key"].partition("#")[0]]
            assert f"[{answers.marker(passage)}]" in pair["question"], "a pair of another chunk"

    # Helpers

    def _new_text(self, name: str) -> str:
        self.made += 1
        text = f"The {name} number {self.made} has a limit of {self.made + 100} bar. It rests after {self.made} hours. "
        self.key_of[core_keys([text])[0]] = text
        return text

    def _write(self, name: str) -> None:
        write_chunks(self.chunks, name, self.texts[name])

    def _qa_path(self, name: str) -> Path:
        return self.qa / f"{name}_qa.json"

    def _records(self, name: str) -> dict[str, Any]:
        qa = _value(self._qa_path(name)) or {"chunks": {}}
        return {record["chunk_key"]: record for record in qa["chunks"].values()}


class Expected:
    """What the files, read as plain JSON, let a run do."""

    def __init__(
        self, corpus: Corpus, *, resume: bool, retry_failed: bool, limit: int | None, temperature: float
    ) -> None:
        self.temperature = temperature
        self.missing: Counter[str] = Counter()
        """Passages that may be asked, and how many chunks have each."""
        self.reached: dict[str, range] = {}
        """Positions that `limit` lets the run look at."""
        self.left_out: set[str] = set()
        self.changed = False
        self.attempts: dict[str, int] = {}
        """Requests that were sent for a chunk earlier, by its key."""
        left = 99 if limit is None else limit
        for name in DOCUMENTS:
            path = corpus._qa_path(name)
            saved = (_value(path) or _value(_backup(path))) if resume and path.exists() else {}
            if saved is None:
                self.left_out.add(name)
                continue
            texts = corpus.texts[name]
            self.reached[name] = range(min(left, len(texts)))
            left = max(0, left - len(texts))
            self._look_at(corpus, name, saved, retry_failed=retry_failed)

    def _look_at(self, corpus: Corpus, name: str, saved: Any, *, retry_failed: bool) -> None:
        records = {record["chunk_key"]: record for record in saved.get("chunks", {}).values()}
        self.attempts |= {key: record["attempts"] for key, record in records.items()}
        texts = corpus.texts[name]
        keys = core_keys(texts)
        done = {"completed"} if retry_failed else {"completed", "failed"}
        open_ = [at for at in self.reached[name] if records.get(keys[at], {}).get("status") not in done]
        for at in open_:
            kept = [reply["text"] for reply in records.get(keys[at], {}).get("raw_replies", [])]
            if not (corpus.reads_better and any(text.startswith(UNREADABLE) for text in kept)):
                self.missing[texts[at]] += 1
        brought = any(one["status"] == "completed" or one.get("raw_replies") for one in records.values())
        if open_ and brought:
            before = saved["qa_generation_info"]["parameters"]["temperature"]
            self.changed = self.changed or before != self.temperature


class Disk:
    """Every write of a run, counted: the folder after each, and errors where they are due."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.versions: list[dict[Path, bytes]] = []
        self._ending = Ending()
        self._writes = 0
        vars(files)["write"] = self._write

    def begin(self, now: dict[Path, bytes], ending: Ending) -> None:
        self.versions, self._ending, self._writes = [now], ending, 0

    def _write(self, path: Path, data: bytes, *, keep_backup: bool = False) -> None:
        self._writes += 1
        if self._ending.what == "full" and self._ending.at <= self._writes < self._ending.at + self._ending.times:
            raise StorageError(f"{path}: no space")
        before = path.read_bytes() if path.exists() else None
        _WRITE(path, data, keep_backup=keep_backup)
        if keep_backup and before is not None:
            assert _backup(path).read_bytes() == before
        self.versions.append(snapshot(self._folder))

    def crash(self, events: list[tuple[int, Event]]) -> list[tuple[int, Event]]:
        """The folder as it was after one of the writes, and what had been told by then."""
        at = self._ending.at % len(self.versions)
        restore(self._folder, self.versions[at])
        return [(writes, event) for writes, event in events if writes <= at]


_READ, _WRITE = pairs.read, files.write


def _read_better(text: str, *, cut: bool = False) -> pairs.Reading:
    if text.startswith(UNREADABLE):
        text = bytes.fromhex(text.split()[-1]).decode()
    return _READ(text, cut=cut)


def _backup(path: Path) -> Path:
    return path.with_name(path.name + ".bak")


def _value(path: Path) -> Any:
    """The JSON value; None where there is none, or it is damaged."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def remembered(folder: Path) -> Remembered:
    """All that the QA files in the folder and below hold: backups, archives and quarantine included."""
    found: Remembered = set()
    for path in folder.rglob("*_qa.json*"):
        qa = _value(path)
        if qa is not None:
            found |= {(pair["chunk_key"], pair["question"]) for pair in qa["training_pairs"]}
            for record in qa["chunks"].values():
                found |= {(record["chunk_key"], reply["text"]) for reply in record.get("raw_replies", [])}
    return found


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def restore(folder: Path, files_of: dict[Path, bytes]) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    for path, data in files_of.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


async def _at_once(act: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """In the place of `asyncio.to_thread`: the same order every time."""
    await asyncio.sleep(0)
    return act(*args, **more)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waits, no threads, no disk that is forced; and whatever a machine replaces is put back."""
    monkeypatch.setattr(files, "write", _WRITE)
    monkeypatch.setattr(pairs, "read", _READ)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(asyncio, "to_thread", _at_once)
    monkeypatch.setattr(saving, "SAVE_AGAIN_AFTER_S", (0.0, 0.0))
    monkeypatch.setattr(saving, "REST", 0.0)


def examine(machine: type[Corpus], examples: int) -> None:
    chosen = settings(max_examples=examples, stateful_step_count=25, deadline=None, print_blob=False, database=None)
    run_state_machine_as_test(machine, settings=settings(chosen, suppress_health_check=list(HealthCheck)))


def test_whatever_happens_in_whatever_order_nothing_is_lost_or_asked_twice(quick: None) -> None:
    examine(Corpus, 60)


class Origins(Corpus):
    """The same, with a look at what each record says of its parameters."""

    @invariant()
    def every_record_says_with_what_it_was_made(self) -> None:
        for path in self.qa.glob("*_qa.json"):
            qa = _value(path)
            info = qa["qa_generation_info"] if qa else {}
            for record in qa["chunks"].values() if qa else []:
                made_with = record.get("fingerprint") or info["fingerprint"]
                same = made_with == info["fingerprint"]
                parameters = info["parameters"] if same else info["earlier_parameters"][made_with]
                if record["kept"]:
                    answered = self.temperatures[record["chunk_key"].partition("#")[0]]
                    assert parameters["temperature"] in answered


def test_whatever_happens_every_record_says_with_which_parameters_it_was_made(quick: None) -> None:
    examine(Origins, 30)
