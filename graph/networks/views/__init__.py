"""The networks that have a module of their own; `graph.networks.building` reads each when first asked for."""
