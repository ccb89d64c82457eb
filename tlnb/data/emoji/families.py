"""Which drawings are for what: whole families, so that no part sees another colouring of what a second one has seen."""

from __future__ import annotations

import numpy as np

from tlnb.core.errors import DataError


def given_parts(task: str, families: np.ndarray, test: str | None, valid: str | None) -> np.ndarray | None:
    """Give whole families to parts.

    Parameters
    ----------
    task : str
        What the class is.
    families : ndarray of str, shape (N,)
        The family of each image.
    test, valid : str, optional
        Families to keep. For the task ``"object"``, the last and, of three or more, the one before it if neither is
        given.

    Returns
    -------
    ndarray of str, shape (N,), or None
        ``train``, ``valid`` or ``test``; None where nothing is decided.

    Raises
    ------
    DataError
        A family that is not there, or none left to train on.

    Examples
    --------
    >>> given_parts("object", np.array(["noto", "twemoji"]), None, None).tolist()
    ['train', 'test']
    """
    present = list(dict.fromkeys(families.tolist()))
    kept = {"test": test, "valid": valid}
    if test is None and valid is None:
        if task != "object" or len(present) == 1:
            return None
        kept = {"test": present[-1], "valid": present[-2] if len(present) > 2 else None}
    elif task == "style":
        raise DataError("test_family and valid_family leave styles without training images: drop them for this task.")
    parts = np.full(len(families), "train")
    for part, family in kept.items():
        if family is None:
            continue
        if family not in present:
            raise DataError(f"{part}_family={family!r} is none of the styles' families: {', '.join(present)}.")
        parts[families == family] = part
    if test is not None and test == valid:
        raise DataError(f"test_family and valid_family are both {test!r}: keep two different ones, or one only.")
    if "train" not in parts:
        raise DataError(
            f"keeping {' and '.join(str(family) for family in kept.values() if family)} leaves nothing to train on: "
            "add a style of another family."
        )
    return parts
