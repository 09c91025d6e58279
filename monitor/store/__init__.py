"""What is kept: the event log that clients resume from, and the journals that replay a call exactly."""
