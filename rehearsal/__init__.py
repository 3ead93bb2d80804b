"""Rehearsals: a synthetic season played week by week through the real jobs, and what came of it."""
