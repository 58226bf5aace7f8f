"""A language-model server of our own, for the tests: a separate process on loopback, real sockets, nothing mocked.

    with LLMServer(latency_ms=20, jitter_ms=50) as server:
        server.configure(faults=[{"fault": "rate_limit", "when": {"nth": [1]}, "retry_after": 0}])
        ...                                     # let the program talk to server.openai_url or server.url
        assert [entry.status for entry in server.ledger()] == [429, 200]

What it answers follows from the passage alone (`answers`), how it errs is told by rules (`faults`), by limits of its
rate (`limits`) and by outages (`outages`), what must happen first is told by holds (`holds`), and what it was asked
stands in a ledger (`ledger`). By hand: `python tests/llm_server --port 8089 --config '{"latency_ms": 300}'`.
"""

from tests.llm_server.answers import marker
from tests.llm_server.client import LLMServer
from tests.llm_server.ledger import Entry
from tests.llm_server.promises import violations

__all__ = ["Entry", "LLMServer", "marker", "violations"]
