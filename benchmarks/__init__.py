"""Measurements of speed and of quality.

`python -m benchmarks` (or `make bench`) measures speed against its goals, beside what it is compared with:

    rows/            a module per goal: lines of the table
    growth           cost against size; plots draws its curves
    peers/           scripts that are compared with, each run in an environment of its own
    bench            what a row is given: how large, and how the program is started
    measuring        what a command costs, through launch
    mock_llm         the model server, which answers about the chunks of corpus
    watched          the program with its saving watched from inside
    transport_alone  our HTTP clients and nothing else
    indexing         the search index and nothing else
    findings         a line of the table and its verdict; results writes RESULTS.md, with machine's facts

By hand, `python -m benchmarks.<name>`: chunking, duplicates and search cost and tell, topics tells of quality.
"""
