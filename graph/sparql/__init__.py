"""SPARQL: stores that answer it, the guard before them, the processes behind them, and the saved queries."""
