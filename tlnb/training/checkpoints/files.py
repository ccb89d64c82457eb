"""A folder of checkpoints: each a safetensors file and a JSON file, whole or not there, the last two kept.

The JSON is written last and names the other's SHA-256, so a checkpoint counts once both are on the disk. Nothing is
pickled: reading a checkpoint runs no code.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from tlnb.core.errors import CheckpointError
from tlnb.core.files import PART, atomic_path, file_lock, sha256_file

log = logging.getLogger("tlnb")

FORMAT = 2  # 1 had no clock of the rates and no costs
_NAME, _KEPT = "checkpoint-", 2


class CheckpointFiles:
    """The checkpoints of one training.

    Parameters
    ----------
    folder : str or Path
        Made if it is missing. Files that are not checkpoints are left alone.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser().absolute()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other trainings out of the folder; a killed one keeps nobody out.

        Raises
        ------
        CheckpointError
            If another training is at work there, or the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = file_lock(self.folder / "checkpoint", timeout=0)
            lock.__enter__()
        except TimeoutError:
            raise CheckpointError(
                f"Another training writes its checkpoints to {self.folder} now. Give each a folder of its own."
            ) from None
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            for leftover in self.folder.glob(f".{_NAME}*{PART}"):
                leftover.unlink(missing_ok=True)  # we hold the lock: whoever wrote it was killed
            yield
        finally:
            lock.__exit__(None, None, None)

    def numbers(self) -> list[int]:
        """Return the numbers of the checkpoints that are there, the latest first."""
        return sorted((_number(path) for path in self._ours("json")), reverse=True)

    def save(self, plain: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> Path:
        """Write the next checkpoint, then remove all but the last two.

        Parameters
        ----------
        plain : mapping
            What JSON can hold.
        tensors : mapping of str to torch.Tensor
            On the CPU, contiguous, each with memory of its own.

        Returns
        -------
        Path
            The JSON file.

        Raises
        ------
        CheckpointError
            If it cannot be written; those before it stay.
        """
        number = max(self.numbers(), default=0) + 1
        data, about = self._paths(number)
        try:
            with atomic_path(data) as temporary:
                save_file(dict(tensors), temporary)
                _on_disk(temporary)
                sha256 = sha256_file(temporary)
            with atomic_path(about) as temporary:
                record = {"format": FORMAT, "tensors": {"file": data.name, "sha256": sha256}, **plain}
                temporary.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
                _on_disk(temporary)
            _on_disk(self.folder)
        except (OSError, SafetensorError) as error:
            data.unlink(missing_ok=True)
            raise self._unwritable(error) from error
        self._tidy()
        return about

    def latest(self) -> tuple[dict[str, Any], dict[str, torch.Tensor]] | None:
        """Read the latest checkpoint that is whole; None if there is none at all.

        A damaged one is passed over, with a warning, for the one before it. Nothing is removed.

        Raises
        ------
        CheckpointError
            If all are damaged, or a newer version wrote them.
        """
        damaged: list[str] = []
        for number in self.numbers():
            try:
                found = self._read(number)
            except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
                if isinstance(error, CheckpointError):
                    raise
                damaged.append(f"{self._paths(number)[1].name} ({error})")
                continue
            if damaged:
                log.warning("In %s %s is damaged; going on from the one before.", self.folder, ", ".join(damaged))
            return found
        if damaged:
            raise CheckpointError(
                f"No checkpoint in {self.folder} is whole: {', '.join(damaged)}. Nothing was changed there; to start "
                "anew, give another folder or remove this one."
            )
        return None

    def _read(self, number: int) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        about = self._paths(number)[1]
        plain = json.loads(about.read_text(encoding="utf-8"))
        if plain["format"] != FORMAT:
            raise CheckpointError(
                f"{about} has format {plain['format']!r}, and this version of tlnb reads format {FORMAT}: use the "
                "version that wrote it, or give another folder to begin anew."
            )
        data = self.folder / Path(plain["tensors"]["file"]).name
        if sha256_file(data) != plain["tensors"]["sha256"]:
            raise ValueError(f"{data.name} is not what was written: its SHA-256 differs")
        return plain, load_file(data)

    def _tidy(self) -> None:
        keep = {path for number in self.numbers()[:_KEPT] for path in self._paths(number)}
        # JSON before the tensors it names, so that no checkpoint is ever half there.
        for ending in ("json", "safetensors"):
            for path in self._ours(ending):
                if path not in keep:
                    path.unlink(missing_ok=True)

    def _ours(self, ending: str) -> list[Path]:
        return [path for path in self.folder.glob(f"{_NAME}*.{ending}") if path.stem.removeprefix(_NAME).isdecimal()]

    def _paths(self, number: int) -> tuple[Path, Path]:
        stem = f"{_NAME}{number:06}"
        return self.folder / f"{stem}.safetensors", self.folder / f"{stem}.json"

    def _unwritable(self, error: Exception) -> CheckpointError:
        reason = getattr(error, "strerror", None) or str(error)
        return CheckpointError(
            f"No checkpoint can be written to {self.folder} ({reason}). Make room there, or give a folder of your own: "
            'checkpoint="runs/mine".'
        )


def _number(path: Path) -> int:
    return int(path.stem.removeprefix(_NAME))


def _on_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of names, would survive a power cut."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
