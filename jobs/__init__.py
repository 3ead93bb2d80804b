"""What sets it going: settings, the schedule, and one job a file, named by its verb.

A job loads, lets the pure packages decide, and stores in one transaction.
"""
