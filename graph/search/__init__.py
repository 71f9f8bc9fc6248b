"""Full-text search over what the graph says in words."""
