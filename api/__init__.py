"""Serves the knowledge graph: routes, pages and the command line."""
