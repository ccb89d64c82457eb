"""A recipe as a short stand-alone PyTorch script: its text is the template, what goes into it is in the modules."""

from __future__ import annotations

from tlnb.training.script.rates import prefixes, write_rates
from tlnb.training.script.writing import write_script

__all__ = ["prefixes", "write_rates", "write_script"]
