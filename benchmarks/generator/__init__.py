"""Makes facts of the shape of ``ontology/facts`` in any number, for benchmarks."""
