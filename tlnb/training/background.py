"""Training in a thread: the kernel stays free meanwhile, hears clicks, and runs other cells.

A notebook's stop button ends it whatever the kernel is doing (see `tlnb.training.interrupts`), and so does the end of
the process; always after a whole step, with its last checkpoint written.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import closing
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from torch import nn

from tlnb.core.errors import TlnbError
from tlnb.training.events import Event, Finished
from tlnb.training.fit import train
from tlnb.training.interrupts import hear_interrupts
from tlnb.training.recipe import Recipe
from tlnb.training.run import Run
from tlnb.training.steering import Steering

if TYPE_CHECKING:
    from tlnb.data import ImageData

log = logging.getLogger("tlnb")

EVENTS_KEPT = 10_000
_GLANCE = 0.2  # seconds: on Windows an interrupt does not end a wait, and is heard after it
_LEAVE = 30.0  # seconds that a process which ends waits for its trainings
_runs: WeakValueDictionary[str, BackgroundRun] = WeakValueDictionary()  # by name; a thread keeps its run alive
_starting = threading.Lock()


class BackgroundRun:
    """A training in a thread, from `start`.

    ``await`` it in a notebook: other cells' widgets are heard meanwhile. Cancelling what awaits it, as the notebook's
    stop button does, stops the training.

    Attributes
    ----------
    name : str
        Of two trainings with one name, the later one ends the first.
    steering : Steering
        The hand on it.
    """

    def __init__(
        self,
        name: str,
        training: Generator[Event, None, None],
        steering: Steering,
        stop: threading.Event,
        on_event: Callable[[Event], None] | None,
    ) -> None:
        self.name, self.steering = name, steering
        self._stop, self._on_event = stop, on_event
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._events_lock = threading.Lock()
        self._end: Future[Run] = Future()
        self._end.set_running_or_notify_cancel()  # from now on nobody who awaits it can cancel it: they stop it
        self._thread = threading.Thread(target=self._train, args=(training,), name=f"tlnb {name}", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet; a paused training runs."""
        return not self._end.done()

    @property
    def events(self) -> tuple[Event, ...]:
        """What it has told so far: the last 10,000 events."""
        with self._events_lock:
            return tuple(self._events)

    def stop(self) -> None:
        """Ask it to end after the step under way, also while it is paused; returns at once."""
        self._stop.set()

    def add_done_callback(self, callback: Callable[[Run | None, BaseException | None], None]) -> None:
        """Call back once it has ended, with its run or with the error that ended it, in the training's thread."""

        def call(end: Future[Run]) -> None:
            error = end.exception()
            callback(end.result() if error is None else None, error)

        self._end.add_done_callback(call)

    def result(self, timeout: float | None = None) -> Run:
        """Wait for the end, and return the run.

        An interrupt (Ctrl-C, the notebook's stop button) ends the training after the step under way, as with
        `tlnb.fit`; a second one is an ordinary KeyboardInterrupt.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait; without it, as long as it takes.

        Raises
        ------
        TimeoutError
            If it has not ended by then; it goes on.
        Exception
            What ended the training, if that was an error.
        """
        try:
            self._wait(timeout)
        except KeyboardInterrupt:
            self.stop()
            self._wait()
        return self._end.result()

    def __await__(self) -> Generator[Any, None, Run]:
        return self._awaited().__await__()

    def __repr__(self) -> str:
        return f"<BackgroundRun {self.name!r}: {self._state()}>"

    async def _awaited(self) -> Run:
        try:
            return await asyncio.wrap_future(self._end)
        except asyncio.CancelledError:
            self.stop()
            raise
        finally:
            if self._end.done():
                self._thread.join()  # it has nothing left to do: who awaited it leaves no thread behind

    def _state(self) -> str:
        if self.running:
            return "paused" if self.steering.paused else "running"
        error = self._end.exception()
        return self._end.result().stopped if error is None else f"ended by {type(error).__name__}"

    def _wait(self, timeout: float | None = None) -> None:
        until = None if timeout is None else time.monotonic() + timeout
        while self._thread.is_alive():
            left = _GLANCE if until is None else min(_GLANCE, until - time.monotonic())
            if left <= 0:
                raise TimeoutError(f"{self!r} has not ended within {timeout} seconds, and goes on.")
            self._thread.join(left)

    def _train(self, training: Generator[Event, None, None]) -> None:
        try:
            with closing(training):  # so that the checkpoints' folder is free before anybody hears of the end
                for event in training:
                    with self._events_lock:
                        self._events.append(event)
                    if self._on_event is not None:
                        self._on_event(event)
            assert isinstance(event, Finished)
        except BaseException as error:  # whoever asks for the result gets it; here nobody would
            log.warning("The training %r was ended by %s: %s", self.name, type(error).__name__, error)
            self._end.set_exception(error)
        else:
            self._end.set_result(event.run)


def start(
    model: nn.Module,
    images: ImageData,
    recipe: Recipe,
    *,
    on_event: Callable[[Event], None] | None = None,
    name: str = "training",
    **options: Any,
) -> BackgroundRun:
    """Fine-tune a copy of a model in a thread; returns at once. The losses are those of `tlnb.fit`.

    A training of the same name, or with the same steering, that is still under way is stopped first, and waited for:
    a cell that is run again ends what it began. Trainings of different names take turns, step by step.

    Parameters
    ----------
    model, images, recipe
        As for `tlnb.fit`.
    on_event : callable, optional
        Called with each event, in the training's thread. An error in it ends the training.
    name : str
        What this training is called.
    **options
        The other options of `tlnb.train`: ``device``, ``steering``, ``checkpoint`` and so on.

    Examples
    --------
    >>> import tlnb, torch
    >>> pixels = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8)
    >>> images = tlnb.ImageData.from_tensors(pixels, torch.arange(40) % 2, ["even", "odd"])
    >>> model = tlnb.create_model("resnet10t", images, weights="random")
    >>> background = start(model, images, tlnb.Recipe(epochs=2), name="an example")
    >>> background.steering.scale_rate(0.5)
    >>> run = background.result()
    >>> background, len(run.history)
    (<BackgroundRun 'an example': finished>, 2)
    """
    steering = options["steering"] = options.get("steering") or Steering()
    stop = options["stop"] = options.get("stop") or threading.Event()
    training = train(model, images, recipe, **options)
    with _starting:
        for earlier in _under_way():
            if earlier.name == name or earlier.steering is steering:
                _replace(earlier)
        steering.open()
        background = _runs[name] = BackgroundRun(name, training, steering, stop, on_event)
        background._thread.start()
    hear_interrupts(stop_all, lambda: bool(_under_way()))
    return background


def stop_all() -> None:
    """Ask every training in the background to end after the step under way; returns at once."""
    for background in _under_way():
        background.stop()


def _under_way() -> list[BackgroundRun]:
    return [background for background in list(_runs.values()) if background.running]


def _replace(earlier: BackgroundRun) -> None:
    if earlier._thread is threading.current_thread():
        raise TlnbError(
            f"The training {earlier.name!r} cannot be begun anew by its own on_event: it would have to end."
        )
    log.info("Stopping the training %r: another one takes its place.", earlier.name)
    earlier.stop()
    earlier._wait()


@atexit.register
def _leave() -> None:
    under_way = _under_way()
    stop_all()
    until = time.monotonic() + _LEAVE
    for background in under_way:
        background._thread.join(max(0.0, until - time.monotonic()))
