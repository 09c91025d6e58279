"""Adapters of learned models to the core's protocols."""
