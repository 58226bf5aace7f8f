"""One module per goal of performance: `measure(bench)` gives its lines of the table."""
