"""What the commands of `monitor.cli` do."""
