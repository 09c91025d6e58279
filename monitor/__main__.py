"""`python -m monitor` is `tingyin`."""

from monitor.cli import main

main()
