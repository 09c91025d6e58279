"""The pure core: one call's whole analysis, with no I/O, clock, log or randomness of its own."""
