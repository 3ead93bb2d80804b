"""What is due: calendar, measures, formulas, allocation, enforcement, ranks and proofs.

Pure: frames and records in, decisions out. No clock, environment, file, network or database.
"""
