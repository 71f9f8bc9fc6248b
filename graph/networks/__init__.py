"""The networks of states, alliances, treaties, norms and readings on a day."""
