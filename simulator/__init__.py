"""A synthetic exchange season: honest traders, farms and innocent look-alikes, as event files."""
