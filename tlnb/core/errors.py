"""The library's errors: each says what was wrong, with the value, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class TlnbError(Exception):
    """Base of every error that tlnb raises on purpose."""


class DataError(TlnbError, ValueError):
    """Images, labels or splits that cannot be used as they are."""


class ModelError(TlnbError, ValueError):
    """An unknown model, or one that is not a classifier tlnb can take apart."""


class WeightsError(TlnbError, OSError):
    """Pre-trained weights that are nowhere to be had, or are not what they claim to be."""


class RecipeError(TlnbError, ValueError):
    """A recipe that contradicts itself, or does not fit the model it is given."""


class SettingError(TlnbError, ValueError):
    """A setting of a method that is not there, or a value that it cannot have."""


class DeviceError(TlnbError, RuntimeError):
    """A device that is unknown, or that this machine or this build of torch does not have."""


class NonFiniteLossError(TlnbError, ArithmeticError):
    """Training produced a loss that is infinite or not a number."""


class MemoryLimitError(TlnbError, MemoryError):
    """A training that does not fit into memory, however small its parts."""


class CheckpointError(TlnbError, OSError):
    """A checkpoint that cannot be written, is damaged, or belongs to another training."""


def did_you_mean(name: str, options: Iterable[str], most: int = 3) -> str:
    """Say which of the options are spelt nearly like a name.

    Parameters
    ----------
    name : str
        What was asked for.
    options : iterable of str
        What there is.
    most : int
        How many near names to give.

    Returns
    -------
    str
        A sentence that starts with a space, so that it can be appended to an error; empty when nothing is near.

    Examples
    --------
    >>> did_you_mean("last_stge", ["probe", "last_stage"])
    ' Did you mean "last_stage"?'
    """
    near = get_close_matches(name, list(options), n=most, cutoff=0.6)
    return f" Did you mean {' or '.join(f'{option!r}'.replace(chr(39), chr(34)) for option in near)}?" if near else ""
