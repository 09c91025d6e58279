"""One script for each figure of the README and of FIGURES; `python -m bench` runs them all."""
