"""Who may be one operator: signals, graph, communities, scores and their evaluation.

Pure: frames and records in, decisions out. No clock, environment, file, network or database.
"""
