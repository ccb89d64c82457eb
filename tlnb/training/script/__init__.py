"""A recipe as a short stand-alone PyTorch script: its text is the template, what goes into it is in the modules."""

from __future__ import annotations

from tlnb.training.script.writing import prefixes, write_script

__all__ = ["prefixes", "write_script"]
