"""Lets `python -m console` stand in for `winnow`."""

from console.cli import main

main()
