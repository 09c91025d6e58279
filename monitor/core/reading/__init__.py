"""Reads the call: who calls and for what, how far the talk is, what was promised, what threatens."""
