"""`python searching.py URL INDEX COUNT WORKERS`: a search of its own process, to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from qagen.embedding import search
from qagen.llm.client import Client
from qagen.llm.providers import PROVIDERS, Endpoint
from tests.embedding.corpus import passages, questions


async def main(url: str, index: Path, count: int, workers: int) -> None:
    async with Client(Endpoint(PROVIDERS["local"], "bge-m3", url), workers) as client:
        dense = await search(client, index, passages(count), questions(count), workers=workers)
    right = sum(dense.of(f"p{number}").near[0].chunk_key == f"c{number}" for number in range(count))
    print(dense.account.reused, dense.account.made, right)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
