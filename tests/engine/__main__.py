"""`python tests/engine MODEL.gguf --api-key KEY`: serves the model with llama.cpp's own server, and says its address.

A process of its own, because the server is C++ in the same process as its Python. It ends when its stdin closes, so
that a killed test leaves no server behind.
"""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from typing import Any

PARALLEL = 2


def main() -> None:
    parser = argparse.ArgumentParser(prog="engine", description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--api-key", required=True)
    parser.add_argument("--context", type=int, required=True, help="tokens of each request")
    parser.add_argument("--embeddings", action="store_true", help="make vectors instead of text")
    options = parser.parse_args()
    engine: Any = import_module("xllamacpp")
    params = engine.CommonParams()
    params.model.path = options.model
    params.api_keys = [options.api_key]
    params.n_parallel = PARALLEL
    params.n_ctx = PARALLEL * options.context
    params.cpuparams.n_threads = 1
    params.ui = False
    if options.embeddings:
        params.embedding = True
        params.pooling_type = engine.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = engine.Server(params)
    print(server.listening_address, flush=True)
    while os.read(0, 4096):
        pass
    # The server's threads do not end by themselves, and there is nothing to save.
    os._exit(0)


if __name__ == "__main__":
    main()
