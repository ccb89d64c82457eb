"""Figures of scores, curves, distributions and projected features, one kind a module.

They draw what was computed elsewhere; means and intervals come from `tlnb.evaluation.verdicts`.
"""
