"""A language model of half a megabyte: the llama architecture with random weights and a real tokenizer, as a GGUF file.

It knows no language. What it writes follows the grammar that the server makes of our schema, and is nonsense otherwise.
"""

from __future__ import annotations

import string
from importlib import import_module
from pathlib import Path
from typing import Any

CONTEXT = 8192
"""Tokens. Most tokens are one character, so our instructions alone take 3,300."""
_WIDTH, _LAYERS, _HEADS, _INNER = 64, 2, 4, 128
_CHARACTERS = ["▁", *string.ascii_letters, *string.digits, *string.punctuation, *"äöüÄÖÜß"]
"""SentencePiece writes a space as ▁."""
_LIKING = {'"': 6.0, "{": 8.0, ",": 4.0, "]": 4.0, "▁": 4.0, **dict.fromkeys(string.ascii_lowercase, 3.0)}
"""How much the model likes a character, as a logit: a string without a liking for its end goes on for hundreds of
characters, and a reply for thousands."""
_DISLIKING_OF_BYTES = -4.0


def write(path: Path) -> None:
    """Make the model. The same bytes every time."""
    gguf: Any = import_module("gguf")
    tokens, scores, kinds = _vocabulary(gguf.TokenType)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    for name, tensor in _weights(tokens).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _vocabulary(kind: Any) -> tuple[list[str], list[float], list[int]]:
    """SentencePiece: three marks, every byte for what is no character of ours, and the characters."""
    marks = [("<unk>", kind.UNKNOWN), ("<s>", kind.CONTROL), ("</s>", kind.CONTROL)]
    byte_tokens = [(f"<0x{value:02X}>", kind.BYTE) for value in range(256)]
    entries = [*marks, *byte_tokens, *((character, kind.NORMAL) for character in _CHARACTERS)]
    return [text for text, _ in entries], [0.0] * len(entries), [int(of) for _, of in entries]


def _weights(tokens: list[str]) -> dict[str, Any]:
    """Random, but for the first dimension: every token carries it, and the output reads the likings from it."""
    numpy: Any = import_module("numpy")
    random = numpy.random.default_rng(7)

    def matrix(*shape: int) -> Any:
        return random.normal(0, 0.1, shape).astype(numpy.float32)

    embedding, output = matrix(len(tokens), _WIDTH), matrix(len(tokens), _WIDTH)
    embedding[:, 0] = 8.0
    # After the last norm the first dimension is the largest still, whatever the layers add.
    output[:, 0] = [_liking(token) / _WIDTH**0.5 for token in tokens]
    ones = numpy.ones(_WIDTH, dtype=numpy.float32)
    weights = {"token_embd.weight": embedding, "output_norm.weight": ones, "output.weight": output}
    for layer in range(_LAYERS):
        of = f"blk.{layer}."
        weights |= {of + "attn_norm.weight": ones, of + "ffn_norm.weight": ones}
        weights |= {f"{of}attn_{name}.weight": matrix(_WIDTH, _WIDTH) for name in ("q", "k", "v", "output")}
        weights |= {f"{of}ffn_{name}.weight": matrix(_INNER, _WIDTH) for name in ("gate", "up")}
        weights[of + "ffn_down.weight"] = matrix(_WIDTH, _INNER)
    return weights


def _liking(token: str) -> float:
    return _DISLIKING_OF_BYTES if token.startswith("<0x") else _LIKING.get(token, 0.0)
