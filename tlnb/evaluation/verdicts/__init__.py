"""How scores become a verdict: metrics, intervals over seeds, the noise of the test images, the one rule, its words.

Numbers in, numbers or words out: no module here runs a network, draws a figure or reads a file.
"""
