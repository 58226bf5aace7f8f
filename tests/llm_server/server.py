"""The server itself: reads a request, decides on the answer, and sends it while it watches for the client to leave."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.llm_server import bodies, deliveries, dialects, problems, texts
from tests.llm_server.config import Config
from tests.llm_server.dialects.types import Ask, Dialect, Problem
from tests.llm_server.faults import Faults, Rule, draw
from tests.llm_server.http1 import Connection, Malformed, Request, Response
from tests.llm_server.ledger import Entry, Ledger


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be sent, decided when a request arrives: not to depend on what happens meanwhile."""

    response: Response
    rule: Rule | None = None
    finish: str | None = None
    delay_s: float = 0.0
    note: str | None = None


class Server:
    def __init__(self, config: Config, ledger_file: Path | None = None) -> None:
        self._first_config = config
        self._config = config
        self._faults = Faults(config.faults, config.seed)
        self._ledger_file = ledger_file
        self._ledger = Ledger(ledger_file)
        self._accepted = 0
        self._open: set[int] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its opening to its end."""
        self._accepted += 1
        connection = Connection(reader, writer, self._accepted)
        self._open.add(connection.number)
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
            self._open.discard(connection.number)
            connection.close()

    async def _exchange(self, connection: Connection, request: Request) -> bool:
        """Answer one request. True: the connection can be used again."""
        if request.path.startswith("/_"):
            self._open.discard(connection.number)  # the tests' own side is not counted
            await connection.send(self._controlled(request))
            return True
        ledger, dialect = self._ledger, dialects.of(request)
        entry = self._note(connection, request, dialect)
        try:
            plan = self._plan(request, dialect, entry)
            entry.finish, entry.note = plan.finish, plan.note
            entry.fault = plan.rule.fault if plan.rule else "ok"
            plan = replace(plan, response=_with_id(plan.response, dialect, entry))
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
            return Plan(Response.text("404 page not found", 404))
        if request.method != "POST" or not dialect.generates.match(request.path):
            return self._plan_page(request, dialect, entry)
        try:
            ask = dialect.parse(request, self._config)
        except Problem as problem:
            self._faults.refused()
            return Plan(dialect.error(problem, _model_of(request), _request_id(entry)))
        if isinstance(ask, Response):
            return Plan(ask)
        self._ledger.asked(entry, ask.model, ask.marker)
        rule = self._faults.pick(request.path, ask, entry.in_flight)
        return self._plan_text(dialect, ask, rule, entry)

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
        completion = (texts.said(rule.fault, rule.params, ask) if rule else texts.good(ask)).within(ask)
        response = dialect.render(ask, completion, self._config)
        delay_s = rule.delay_ms / 1000 if rule else 0.0
        if rule:
            response = _with_fault(response, rule, dialect, ask.model, entry)
        if rule and rule.fault in problems.PROBLEMS:
            return Plan(response, rule, None, delay_s, ask.note)  # errors come at once, as the real ones do
        return Plan(response, rule, completion.finish, delay_s + self._latency_s(ask), ask.note)

    def _latency_s(self, ask: Ask) -> float:
        jitter = self._config.jitter_ms * draw(self._config.seed, "latency", ask.marker)
        return (self._config.latency_ms + jitter) / 1000

    async def _deliver(self, connection: Connection, plan: Plan, entry: Entry, ledger: Ledger) -> bool:
        if plan.delay_s:
            await asyncio.sleep(plan.delay_s)
        send = deliveries.DELIVERIES.get(plan.rule.fault) if plan.rule else None
        silent = plan.rule is not None and (
            plan.rule.fault == "reset_before" or (plan.rule.fault == "hang" and not plan.rule.params.get("headers"))
        )
        entry.status = None if silent else plan.response.status
        kept = await (send or deliveries.whole)(connection, plan.response, plan.rule.params if plan.rule else {})
        ledger.answered(entry)  # at once: a client that has its answer must find it in the ledger
        return kept

    def _controlled(self, request: Request) -> Response:
        """What the tests say to the server itself."""
        try:
            match request.path:
                case "/_control":
                    self._configure(self._config.changed(request.json()), "faults" in request.json())
                case "/_reset":
                    self._ledger = Ledger(self._ledger_file)
                    self._configure(self._first_config, True)
                case "/_ledger":
                    return Response.json(self._ledger.entries)
                case "/_status":
                    return Response.json(self._status())
                case _:
                    return Response.json({"error": f"there is no {request.path}"}, 404)
        except (ValueError, TypeError) as error:
            return Response.json({"error": str(error)}, 400)
        return Response.json({})

    def _configure(self, config: Config, faults_changed: bool) -> None:
        if faults_changed:
            self._faults = Faults(config.faults, config.seed)  # first: it may refuse, and then nothing has changed
        self._config = config

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
