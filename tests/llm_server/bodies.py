"""Faults of what stands between the server and the client: a good answer, damaged or replaced on its way."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.llm_server.http1 import Response

Params = Mapping[str, Any]

_PORTAL = (
    "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Welcome to the guest network</h1></body></html>"
)


def _empty(response: Response, params: Params) -> Response:
    return replace(response, body=b"", pieces=None)


def _blank(response: Response, params: Params) -> Response:
    return replace(response, body=b" \r\n\t\n", pieces=None)


def _html(response: Response, params: Params) -> Response:
    return Response.text(_PORTAL, params.get("status", 200), "text/html; charset=utf-8")


def _bad_json(response: Response, params: Params) -> Response:
    """The first half of the body, with a length that fits: the transport sees nothing wrong."""
    return replace(response, body=response.body[: len(response.body) // 2])


def _redirect(response: Response, params: Params) -> Response:
    return Response(params.get("status", 302), b"", {"location": params["location"]})


def _wrong_content_type(response: Response, params: Params) -> Response:
    return response.with_headers(content_type=params.get("content_type", "text/plain; charset=utf-8"))


def _bom(response: Response, params: Params) -> Response:
    return replace(response, body=b"\xef\xbb\xbf" + response.body)


def _bad_utf8(response: Response, params: Params) -> Response:
    return replace(response, body=response.body.replace(b"[", b"[\xff\xfe", 1))


def _bad_gzip(response: Response, params: Params) -> Response:
    """Said to be compressed, and is not."""
    return response.with_headers(content_encoding="gzip")


def _cut_gzip(response: Response, params: Params) -> Response:
    """The first half of a good stream, with a length that fits."""
    packed = gzip.compress(response.body)
    return replace(response, body=packed[: len(packed) // 2]).with_headers(content_encoding="gzip")


def _deep_body(response: Response, params: Params) -> Response:
    """`levels` lists in each other: valid JSON on which a recursive parser overflows."""
    levels = params.get("levels", 100_000)
    return replace(response, body=b"[" * levels + b"]" * levels)


def _integer_body(response: Response, params: Params) -> Response:
    """The good value with an integer of `digits` digits more: Python refuses to convert more than 4300 of them."""
    return replace(response, body=response.body.replace(b"{", b'{"big":%b,' % (b"9" * params.get("digits", 6000)), 1))


def _big_header(response: Response, params: Params) -> Response:
    return response.with_headers(x_filler="a" * int(1024 * params.get("kilobytes", 256)))


BODIES: dict[str, Callable[[Response, Params], Response]] = {
    "empty": _empty,
    "blank": _blank,
    "html": _html,
    "bad_json": _bad_json,
    "redirect": _redirect,
    "wrong_content_type": _wrong_content_type,
    "bom": _bom,
    "bad_utf8": _bad_utf8,
    "bad_gzip": _bad_gzip,
    "cut_gzip": _cut_gzip,
    "deep_body": _deep_body,
    "integer_body": _integer_body,
    "big_header": _big_header,
}

PARAMS: dict[str, set[str]] = {
    "html": {"status"},
    "redirect": {"location", "status"},
    "wrong_content_type": {"content_type"},
    "big_header": {"kilobytes"},
    "deep_body": {"levels"},
    "integer_body": {"digits"},
}
