"""The server itself: reads a request, decides on the answer, and sends it while it watches for the client to leave."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from tests.llm_server import bodies, deliveries, dialects, problems, texts, vectors
from tests.llm_server.config import Config
from tests.llm_server.dialects.types import Ask, Completion, Dialect, Problem
from tests.llm_server.door import Door
from tests.llm_server.faults import ECHOES, Faults, Rule, draw
from tests.llm_server.holds import Hold
from tests.llm_server.http1 import Connection, Malformed, Request, Response
from tests.llm_server.ledger import Entry, Ledger
from tests.llm_server.limits import Limits, Verdict
from tests.llm_server.outages import NOTE, Outage
from tests.llm_server.promises import told_s


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be sent, decided when a request arrives: not to depend on what happens meanwhile."""

    response: Response
    rule: Rule | None = None
    finish: str | None = None
    delay_s: float = 0.0
    note: str | None = None
    ask: Ask | None = None
    completion: Completion | None = None
    verdict: Verdict | None = None
    held: asyncio.Event | None = None
    """What the answer waits for before all else."""


class Server:
    def __init__(self, config: Config, ledger_file: Path | None = None) -> None:
        self._first_config = config
        self._config = config
        self._faults = Faults(config.faults, config.seed)
        self._limits = Limits(config.limits)
        self._hold = Hold(config.holds_after)
        self._outage = Outage(config.outage)
        self._ledger_file = ledger_file
        self._ledger = Ledger(ledger_file)
        self._accepted = 0
        self._open: dict[int, Connection] = {}
        self._opening: asyncio.Task[None] | None = None
        self.door = Door(self.connected)
        """Where the clients come in. An outage may close it."""

    async def open(self, port: int = 0) -> None:
        """Let clients in, at first through this port (0: a free one); unless an outage begins with that."""
        await self.door.open(port)
        if self._outage.kind is not None and not self._outage.waits_for:
            self._begin_outage()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its opening to its end."""
        self._accepted += 1
        connection = Connection(reader, writer, self._accepted)
        self._open[connection.number] = connection
        try:
            while (request := await connection.request()) is not None:
                if not await self._exchange(connection, request):
                    break
        except Malformed as error:
            await connection.send(Response.text(str(error), 400), close=True)
        except (ConnectionError, TimeoutError):
            pass  # the client left; what it had asked for says so in the ledger
        except asyncio.CancelledError:
            pass  # the process ends, nothing else cancels us; asyncio would print a traceback for each connection
        finally:
            self._open.pop(connection.number, None)
            connection.close()

    async def _exchange(self, connection: Connection, request: Request) -> bool:
        """Answer one request. True: the connection can be used again."""
        if request.path.startswith("/_"):
            self._open.pop(connection.number, None)  # the tests' own side is not counted
            await connection.send(await self._controlled(request))
            return True
        ledger, dialect = self._ledger, dialects.of(request)
        entry = self._note(connection, request, dialect)
        try:
            plan = self._plan(request, dialect, entry)
            entry.finish, entry.note = plan.finish, plan.note
            entry.fault = plan.rule.fault if plan.rule else "ok"
            if entry.fault in ECHOES:
                plan = replace(plan, response=_with_key(plan.response, request.key))
            held = self._hold.count() if plan.ask is not None else None
            plan = replace(plan, response=_with_id(plan.response, dialect, entry), held=held)
            kept = await _unless_gone(connection, self._deliver(connection, plan, entry, ledger))
            entry.disconnected = kept is None
            return bool(kept) and request.headers.get("connection", "").lower() != "close"
        finally:
            if entry.t_done is None:
                ledger.answered(entry)

    def _note(self, connection: Connection, request: Request, dialect: Dialect | None) -> Entry:
        return self._ledger.arrived(
            headers=request.headers,
            path=request.target,
            method=request.method,
            connection=connection.number,
            connections=len(self._open),
            dialect=dialect.name if dialect else None,
            body=_decoded(request) if self._config.record_bodies else None,
        )

    def _plan(self, request: Request, dialect: Dialect | None, entry: Entry) -> Plan:
        if dialect is None:
            return self._plan_outage(None, entry) or Plan(Response.text("404 page not found", 404))
        wanted = dialects.vectors_of(request, dialect)
        if wanted is None and (request.method != "POST" or not dialect.generates.match(request.path)):
            return self._plan_outage(dialect, entry) or self._plan_page(request, dialect, entry)
        if self._outage.may_begin():
            self._begin_outage()
        try:
            ask = (wanted or dialect).parse(request, self._config)
        except Problem as problem:
            self._faults.refused()
            return Plan(dialect.error(problem, _model_of(request), _request_id(entry)))
        if isinstance(ask, Response):
            return Plan(ask)
        ask = replace(ask, truth=self._config.truth)
        self._ledger.asked(entry, ask.model, ask.marker)
        return self._plan_outage(dialect, entry) or self._plan_answer(request, dialect, ask, entry)

    def _plan_outage(self, dialect: Dialect | None, entry: Entry) -> Plan | None:
        rule = self._outage.rule()
        if rule is None:
            return None
        response = Response.text("503 Service Unavailable", 503)
        if dialect is not None:
            response = _with_fault(response, rule, dialect, entry.model or "", entry)
        return Plan(response, rule, delay_s=rule.delay_ms / 1000, note=NOTE)

    def _plan_answer(self, request: Request, dialect: Dialect, ask: Ask, entry: Entry) -> Plan:
        verdict = self._limits.arrive(ask)
        if not verdict.passes:
            self._faults.refused()
            return self._plan_refusal(dialect, ask, verdict, entry)
        rule = self._faults.pick(request.path, ask, entry.in_flight)
        return replace(self._plan_text(dialect, ask, rule, entry), verdict=verdict)

    def _plan_refusal(self, dialect: Dialect, ask: Ask, verdict: Verdict, entry: Entry) -> Plan:
        params = self._limits.refusal(verdict)
        response = problems.response("rate_limit", params, dialect, ask.model, _request_id(entry))
        return Plan(response, note=ask.note, ask=ask, verdict=verdict)

    def _plan_page(self, request: Request, dialect: Dialect, entry: Entry) -> Plan:
        try:
            response = dialect.page(request, self._config)
        except Problem as problem:
            response = dialect.error(problem, request.path.rpartition("/")[2], _request_id(entry))
        rule = self._faults.pick(request.path, None, entry.in_flight)
        if rule is None:
            return Plan(response)
        return Plan(_with_fault(response, rule, dialect, "", entry), rule, delay_s=rule.delay_ms / 1000)

    def _plan_text(self, dialect: Dialect, ask: Ask, rule: Rule | None, entry: Entry) -> Plan:
        if ask.inputs:
            completion, response = Completion(""), self._vectors(dialect, ask, rule)
        else:
            completion = (texts.said(rule.fault, rule.params, ask) if rule else texts.good(ask)).within(ask)
            response = dialect.render(ask, completion, self._config)
        delay_s = rule.delay_ms / 1000 if rule else 0.0
        if rule:
            response = _with_fault(response, rule, dialect, ask.model, entry)
        if rule and rule.fault in problems.PROBLEMS:
            return Plan(response, rule, None, delay_s, ask.note, ask)  # errors come at once, as the real ones do
        return Plan(response, rule, completion.finish, delay_s + self._latency_s(ask), ask.note, ask, completion)

    def _vectors(self, dialect: Dialect, ask: Ask, rule: Rule | None) -> Response:
        fault = rule.fault if rule else None
        made = vectors.of(ask.inputs, self._config.dimensions, fault, as_bytes=ask.as_bytes)
        return dialects.embeddings.VECTORS[dialect.name].render(ask, made)

    def _latency_s(self, ask: Ask) -> float:
        jitter = self._config.jitter_ms * draw(self._config.seed, "latency", ask.marker)
        return (self._config.latency_ms + jitter) / 1000

    async def _deliver(self, connection: Connection, plan: Plan, entry: Entry, ledger: Ledger) -> bool:
        if plan.held is not None:
            await plan.held.wait()
        if plan.delay_s:
            await asyncio.sleep(plan.delay_s)
        send = deliveries.DELIVERIES.get(plan.rule.fault) if plan.rule else None
        silent = plan.rule is not None and (
            plan.rule.fault == "reset_before" or (plan.rule.fault == "hang" and not plan.rule.params.get("headers"))
        )
        entry.status = None if silent else plan.response.status
        response = self._limited(plan, entry)
        kept = await (send or deliveries.whole)(connection, response, plan.rule.params if plan.rule else {})
        ledger.answered(entry)  # at once: a client that has its answer must find it in the ledger
        return kept

    def _limited(self, plan: Plan, entry: Entry) -> Response:
        """The response with what it says of the limits at the moment when it is sent; the ledger gets it, too."""
        refused = plan.verdict is not None and not plan.verdict.passes
        entry.rate_limited = refused or entry.fault == "rate_limit"
        entry.retry_after_s = told_s(plan.response)
        if plan.ask is None:
            return plan.response
        if plan.verdict is not None and not refused:
            self._limits.correct(plan.verdict, plan.ask, plan.completion or Completion(""))
        return self._limits.on(plan.response, entry.dialect or "")

    async def _controlled(self, request: Request) -> Response:
        """What the tests say to the server itself."""
        try:
            match request.path:
                case "/_control":
                    await self._configure(self._config.changed(request.json()), set(request.json()))
                case "/_reset":
                    self._ledger = Ledger(self._ledger_file)
                    await self._configure(self._first_config, {"faults", "limits", "holds_after", "outage"})
                case "/_ledger":
                    return Response.json(self._ledger.entries)
                case "/_status":
                    return Response.json(self._status())
                case _:
                    return Response.json({"error": f"there is no {request.path}"}, 404)
        except (ValueError, TypeError) as error:
            return Response.json({"error": str(error)}, 400)
        return Response.json({})

    async def _configure(self, config: Config, changed: set[str]) -> None:
        # First all that may be refused: then nothing has changed.
        faults = Faults(config.faults, config.seed) if "faults" in changed else self._faults
        limits = Limits(config.limits) if "limits" in changed else self._limits
        hold = Hold(config.holds_after) if "holds_after" in changed else self._hold
        outage = Outage(config.outage) if "outage" in changed else self._outage
        self._config, self._faults, self._limits = config, faults, limits
        if hold is not self._hold:
            self._hold, held = hold, self._hold
            held.let_go()
        if outage is not self._outage:
            self._outage = outage
            await self.open()

    def _begin_outage(self) -> None:
        self._outage.begin()
        if self._outage.kind == "refuse":
            self.door.close()
            for connection in self._open.values():
                connection.reset()
            self._opening = asyncio.create_task(self._open_after(self._outage))

    async def _open_after(self, outage: Outage) -> None:
        await asyncio.sleep(outage.left_s)
        if outage is self._outage:  # no other has begun meanwhile
            await self.door.open()

    def _status(self) -> dict[str, int]:
        arrived, in_flight = len(self._ledger.entries), self._ledger.in_flight
        return {
            "requests": arrived,
            "answered": arrived - in_flight,
            "in_flight": in_flight,
            "connections": len(self._open),
        }


def _with_fault(response: Response, rule: Rule, dialect: Dialect, model: str, entry: Entry) -> Response:
    if rule.fault in problems.PROBLEMS:
        return problems.response(rule.fault, rule.params, dialect, model, _request_id(entry))
    if response.pieces is not None and rule.fault not in texts.TEXTS:
        response = replace(response, body=b"".join(response.pieces), pieces=None)  # damage is done to whole bodies
    damage = bodies.BODIES.get(rule.fault)
    return damage(response, rule.params) if damage else response


async def _unless_gone(connection: Connection, answer: Coroutine[Any, Any, bool]) -> bool | None:
    """The answer's result, or None if the client left before the answer was complete, which then is given up."""
    writing = asyncio.ensure_future(answer)
    watching = asyncio.ensure_future(connection.gone())
    try:
        await asyncio.wait({writing, watching}, return_when=asyncio.FIRST_COMPLETED)
        return writing.result() if writing.done() else None
    except (ConnectionError, TimeoutError):
        return None
    finally:
        writing.cancel()
        watching.cancel()
        await asyncio.gather(writing, watching, return_exceptions=True)


def _with_key(response: Response, key: str) -> Response:
    escaped = orjson.dumps(key)[1:-1]
    return replace(response, body=response.body.replace(problems.KEY.encode(), escaped))


def _request_id(entry: Entry) -> str:
    return f"req_{entry.id}"


def _with_id(response: Response, dialect: Dialect | None, entry: Entry) -> Response:
    header = dialect.id_header if dialect else "x-request-id"
    return response.with_headers(**{header: _request_id(entry)}) if header else response


def _decoded(request: Request) -> Any:
    if not request.body:
        return None
    try:
        return request.json()
    except ValueError:
        return request.body.decode("utf-8", "replace")


def _model_of(request: Request) -> str:
    body = _decoded(request)
    return str(body.get("model", "")) if isinstance(body, dict) else ""
