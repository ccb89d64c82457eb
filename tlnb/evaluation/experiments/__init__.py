"""Experiments: conditions x seeds, run by a trial; every raw score is kept as evidence."""
