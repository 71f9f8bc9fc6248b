"""Lists and records of the kinds of things in the graph."""
