"""Hundreds of real runs against our own LLM server, killed, stopped and starved: `python -m tests.soak`, `make soak`.

No test of pytest, because it takes 45 minutes. Each section makes its promises on a table of figures at the end; a
promise that is broken is named, and the exit code is 1. One section alone: `python -m tests.soak kills --count 20`.
"""
