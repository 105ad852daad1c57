"""`python -m germane.cli` is `germane`."""

from germane.cli import main

main()
