"""Calls of the past: what was said in them, what they add up to, and how to find one."""
