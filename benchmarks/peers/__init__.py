"""Measures the SPARQL service beside other servers that hold the same graph, in one run."""
