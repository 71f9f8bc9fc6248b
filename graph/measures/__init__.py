"""Measures of networks, of their nodes and of their partitions."""
