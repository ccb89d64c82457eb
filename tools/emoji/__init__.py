"""The steps of ``tools/build_emoji.py``."""
