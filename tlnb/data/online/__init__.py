"""Data sets that lie on servers: what each is, how it comes here safely, and how its files are read.

Nothing is downloaded unless asked: by ``tlnb data fetch NAME``, or `fetch_set`. No module here needs torch.
"""
