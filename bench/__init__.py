"""One script for each claim of the README; `python -m bench` runs them all."""
