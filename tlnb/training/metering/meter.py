"""Meters a training by listening to its events; the training does not know that it is there."""

from __future__ import annotations

import time
import weakref
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tlnb.core.memory_use import MemoryUse, MemoryWatch
from tlnb.training.events import EpochDone, Event, Finished, Started, StepDone
from tlnb.training.metering.cost import RunCost, folder_bytes, weights_bytes
from tlnb.training.metering.energy import EnergyUse
from tlnb.training.metering.energy_meter import EnergyMeter
from tlnb.training.metering.work import TrainingWork, learning_pattern
from tlnb.training.store.use import StoreUse

if TYPE_CHECKING:
    from tlnb.training.session import Session


class CostMeter:
    """Counts what one session costs.

    Parameters
    ----------
    session : Session
        With its model on its device, before the first step; it keeps the count of seconds, images and steps.
    energy : EnergyMeter, optional
        To meter energy as well.
    """

    def __init__(self, session: Session, energy: EnergyMeter | None = None) -> None:
        # The session holds its meter: two that hold each other would keep a model in memory until Python next looks.
        self.session: Session = weakref.proxy(session)
        self.energy = energy
        self._parameters = list(session.model.parameters())
        self._shape = tuple(next(session.batches.evaluation("train", batch_size=1))[0].shape[1:])
        self._memory: MemoryWatch | None = None  # from the first event on, as CUDA's count of the peak starts anew
        self._images: dict[str, int] = {}  # by what learned
        self._loading = self._validation = 0.0
        self._since = (0.0, 0.0, False)  # when the training last went on: the clock, its seconds, whether to a pause
        self._before: dict[str, Any] = {}  # what a run that this one goes on from had cost

    def listen(self, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        """Hand on the events of the session; neither pauses count nor the time that others take between two of them.

        Energy is metered from here to the end, however that comes, and with all that happens meanwhile.
        """
        try:
            with closing(events):
                self._memory = MemoryWatch(self.session.device)
                if self.energy is not None:
                    self.energy.start()
                self._goes_on()
                for event in events:
                    self._hear(event)
                    yield event
                    self._goes_on()
        finally:
            if self.energy is not None:
                self.energy.stop()

    def cost(self) -> RunCost:
        """Return what was spent so far."""
        session = self.session
        return RunCost(
            seconds=session.seconds,
            images=session.images_seen,
            steps=session.step,
            choices=dict(session.choices),
            loading_seconds=self._loading,
            validation_seconds=self._validation,
            weights_bytes=weights_bytes(session.model),
            checkpoint_bytes=None if session.checkpoints is None else folder_bytes(session.checkpoints),
            memory=self._peak(),
            energy=self._drawn(),
            work=TrainingWork.of(session.model, self._shape, self._images),
            store=session.keeper.used(),
        )

    def state_dict(self) -> dict[str, Any]:
        """Return what was spent so far as plain data, for a checkpoint."""
        memory, energy = self._peak(), self._drawn()
        return {
            "images": dict(self._images),
            "loading_seconds": self._loading,
            "validation_seconds": self._validation,
            "memory": None if memory is None else asdict(memory),
            "energy": None if energy is None else energy.state_dict(),
            "store": [use.state_dict() for use in self.session.keeper.used()],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what a run before a stop had spent."""
        self._images = dict(state["images"])
        self._loading, self._validation = state["loading_seconds"], state["validation_seconds"]
        self._before = dict(state)
        self.session.keeper.load(StoreUse.from_state_dict(use) for use in state.get("store", ()))

    def _goes_on(self) -> None:
        self._since = (time.perf_counter(), self.session.seconds, self.session.steering.paused)

    def _hear(self, event: Event) -> None:
        then, seconds, waited = self._since
        passed = time.perf_counter() - then
        if isinstance(event, EpochDone):
            self._validation += passed
        elif not waited and not isinstance(event, (Started, Finished)):
            self._loading += passed - (self.session.seconds - seconds)
        if self._memory is not None:
            self._memory.sample()
        if isinstance(event, StepDone):
            learned = learning_pattern(self._parameters)
            beside = 0 if self.session.method is None else self.session.method.beside
            self._images[learned] = self._images.get(learned, 0) + event.images + beside

    def _peak(self) -> MemoryUse | None:
        now, before = None if self._memory is None else self._memory.use(), self._before.get("memory")
        if before is None or (now is not None and now.bytes >= before["bytes"]):
            return now
        return MemoryUse(**before)

    def _drawn(self) -> EnergyUse | None:
        now = self.energy.reading() if self.energy is not None else None
        before = self._before.get("energy")
        if before is None:
            return now
        earlier = EnergyUse.from_state_dict(before)
        return earlier if now is None else earlier.plus(now)
