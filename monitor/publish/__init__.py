"""What is told: the event stream, what is asked over HTTP, the metrics, and the pages."""
