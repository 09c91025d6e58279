"""The playbook: what good service sounds like, as data."""
