"""Tuning: what a supervisor changes about thresholds and rules, tries on past calls, saves and takes back."""
