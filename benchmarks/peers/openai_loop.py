"""What one writes by hand with the openai SDK: a semaphore, a task per chunk, and one save at the end.

`python openai_loop.py CHUNKS_DIR OUT --base-url URL --system FILE --schema FILE [--in-flight 64]`. It asks about the
same chunks, with the same instructions and schema, and reads the same replies.
"""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI


async def main(given: argparse.Namespace) -> None:
    """Ask about everything, then save."""
    client = AsyncOpenAI(base_url=given.base_url, api_key="none", max_retries=3)
    system, schema = given.system.read_text(encoding="utf-8"), json.loads(given.schema.read_text(encoding="utf-8"))
    form = {"type": "json_schema", "json_schema": {"name": "qa_pairs", "strict": True, "schema": schema}}
    room = asyncio.Semaphore(given.in_flight)

    async def ask(document: dict[str, Any], chunk: dict[str, Any]) -> list[dict[str, Any]]:
        user = (
            f"Document: {document['title']}\nSection: {chunk['section']}\n\n<passage>\n{chunk['text']}\n</passage>\n\n"
            "Write up to 5 question-answer pairs about the passage."
        )
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        async with room:
            reply = await client.chat.completions.create(
                model="mock", messages=messages, response_format=form, max_tokens=4000
            )
        pairs = json.loads(reply.choices[0].message.content or "{}")["pairs"]
        return [{**pair, "chunk_id": chunk["chunk_id"], "source_file": document["source_file"]} for pair in pairs]

    files = [json.loads(path.read_bytes()) for path in sorted(given.chunks_dir.glob("*_chunks.json"))]
    tasks = [ask(file["metadata"], chunk) for file in files for chunk in file["chunks"]]
    results = await asyncio.gather(*tasks)
    given.out.write_text(json.dumps([pair for pairs in results for pair in pairs], indent=2), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("chunks_dir", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--system", type=Path, required=True)
    parser.add_argument("--schema", type=Path, required=True)
    parser.add_argument("--in-flight", type=int, default=64)
    asyncio.run(main(parser.parse_args()))
