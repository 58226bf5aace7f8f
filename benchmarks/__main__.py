"""`python -m benchmarks [ROW ...] [--no-growth]`: measure the program against its goals, and print the table.

BENCH_SCALE=0.1 makes everything a tenth as large, for a quick look; BENCH_ALL=1 adds the largest sizes.
"""
