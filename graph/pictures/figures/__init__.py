"""The figures that print: each module turns one kind of network into marks on a plane."""
