"""`python -m console`: the same front door as `fleet-console`."""

from console.cli import main

main()
