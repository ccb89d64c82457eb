"""Copies of our lessons are trusted by Jupyter: their stored outputs are ours, and are shown whole.

Of a notebook that it does not trust, Jupyter shows tables and figures without what could be a script, and so without
the drawings of claim cards. A signature says that the outputs are those that were signed; any other output ends it.
"""

from __future__ import annotations

import logging

log = logging.getLogger("tlnb")


def trust_notebook(text: str) -> bool:
    """Sign a notebook's content for this user's Jupyter, as ``jupyter trust`` does.

    Parameters
    ----------
    text : str
        A notebook of format 4, as its file has it.

    Returns
    -------
    bool
        Whether it is signed. Without Jupyter, or where its folder cannot be written to, it is not, and nothing is
        raised: the lesson is as good, but for its stored drawings.

    Examples
    --------
    >>> trust_notebook("no notebook")
    False
    """
    try:
        import nbformat
        from nbformat.sign import NotebookNotary

        notary = NotebookNotary()
        try:
            notary.sign(nbformat.reads(text, as_version=4))
        finally:
            notary.store.close()
    except Exception as error:  # signatures lie in a data base that other programs use: much can be wrong with it
        log.debug("A copy is not signed: %s", error)
        return False
    return True
