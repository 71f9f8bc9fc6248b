"""Let curators write graphs of their own: SPARQL Update and the Graph Store Protocol, checked and kept."""
