"""Peers on the same synthetic season: rules of others, packages of others, and Winnow."""
