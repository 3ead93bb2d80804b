"""One signal family a file."""
