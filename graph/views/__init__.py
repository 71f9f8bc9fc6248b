"""The networks that have a module of their own; `graph.networks` reads each when it is first asked for."""
