"""Meters energy by codecarbon's offline tracker, kept from writing files, sending anything, and guessing a country.

Counters that measure are the processor's (RAPL) and the GPU's (NVML); a laptop or a container without them has neither.
codecarbon is optional: ``pip install "tlnb[energy]"``.
"""

from __future__ import annotations

import logging
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any

import torch

from tlnb.core.errors import TlnbError
from tlnb.training.metering.energy import ESTIMATE, EnergyPart, EnergyUse

log = logging.getLogger("tlnb")

HINT = 'Energy is not metered, for codecarbon is not here: pip install "tlnb[energy]".'
JOULES = 3.6e6  # in a kilowatt-hour

# By what codecarbon calls them. What is not here is an estimate: better called too little than too much.
_COUNTERS = {
    "intel_rapl": "measured (RAPL): all programs",
    "windows_emi": "measured (Windows' energy meter): all programs",
    "intel_power_gadget": "measured (Power Gadget): all programs",
    "AppleSiliconChip": "measured (powermetrics): all programs",
    "Raspberry": "measured (PMIC): all programs",
    "pynvml": "measured (NVML): all programs",
    "amdsmi": "measured (AMD SMI): all programs",
}


class EnergyMeter:
    """Meters between `start` and `stop`, in two threads that end with it.

    The first start in a process takes about two seconds, while codecarbon asks what machine this is.

    Parameters
    ----------
    device : torch.device
        Where the training is: the GPU counts only if it is that one.
    country : str, optional
        Three letters of ISO 3166-1, such as ``"FRA"``, for CO2.

    Raises
    ------
    TlnbError
        If codecarbon does not know the country.
    """

    def __init__(self, device: torch.device, country: str | None = None) -> None:
        self.device, self.country = device, country
        self._tracker: Any = None
        self._readings = _Readings()
        self._last: EnergyUse | None = None
        if find_spec("codecarbon") is None:
            log.warning(HINT)
        elif country is not None:
            check_country(country)

    @classmethod
    def wanted(cls, energy: bool | str, device: torch.device) -> EnergyMeter | None:
        """Return a meter if energy is asked for: by True, or by a country's three letters for CO2 as well."""
        if not isinstance(energy, (bool, str)):
            raise TlnbError(f'energy={energy!r}: give True, or the three letters of a country for CO2, such as "FRA".')
        return None if energy is False else cls(device, None if energy is True else energy)

    def start(self) -> None:
        """Begin; without codecarbon nothing happens."""
        if find_spec("codecarbon") is None or self._tracker is not None:
            return
        tracker_class = _quiet_codecarbon().OfflineEmissionsTracker
        gpu = torch.cuda.get_device_properties(self.device).uuid if self.device.type == "cuda" else None
        # Whatever could come from a configuration of codecarbon's and would write, call out or guess is set here.
        options = {} if gpu is None else {"gpu_ids": [f"GPU-{gpu}"]}
        tracker = tracker_class(
            country_iso_code=self.country,
            # Without a country it takes the mean of the world, 475 g for a kWh, and does not say so.
            force_carbon_intensity_g_co2e_kwh=None if self.country else 0.0,
            region=None,
            cloud_provider=None,
            cloud_region=None,
            tracking_mode="process",
            output_methods=[],
            output_handlers=[self._readings],
            emissions_endpoint=None,
            electricitymaps_api_token="",
            allow_multiple_runs=True,  # else it takes over the signals, and a second training at once goes unmetered
            measure_power_secs=15,
            pue=1.0,
            log_level="error",
            **options,
        )
        tracker.start()
        self._tracker = tracker

    def reading(self) -> EnergyUse | None:
        """Return what was drawn so far; None if nothing is metered."""
        if self._tracker is not None:
            self._tracker.flush()
            self._last = self._use()
        return self._last

    def stop(self) -> EnergyUse | None:
        """End, and return what was drawn; no thread is left."""
        tracker = self._tracker
        if tracker is not None:
            timers = [getattr(tracker, name, None) for name in ("_scheduler", "_scheduler_monitor_power")]
            tracker.stop()
            for timer in timers:
                _end(timer)
            self._last = self._use()
            self._tracker = None
        return self._last

    def _use(self) -> EnergyUse | None:
        data = self._readings.data
        if data is None:  # codecarbon swallows its own errors
            log.warning("codecarbon gave no reading: the energy is not known.")
            return None
        told = _how(self._tracker)
        kwh = {"processor": data.cpu_energy, "memory": data.ram_energy}
        if self.device.type != "cpu":
            kwh["GPU"] = data.gpu_energy
        parts = tuple(EnergyPart(what, used * JOULES, told[what]) for what, used in kwh.items())
        grams = None
        if self.country is not None:
            mean = data.emissions * 1000 / data.energy_consumed if data.energy_consumed else 0.0
            grams = mean * sum(kwh.values())
        return EnergyUse(parts, data.duration, self.country, grams)


class _Readings:
    """What codecarbon hands its readings to, instead of a file."""

    data: Any = None

    def out(self, total: Any, delta: Any) -> None:
        self.data = total

    def live_out(self, total: Any, delta: Any) -> None:
        self.data = total

    def task_out(self, *_: Any) -> None: ...

    def exit(self) -> None: ...


def check_country(country: str) -> None:
    """Raise an error that names the code wanted, if codecarbon does not have the country's electricity.

    Raises
    ------
    TlnbError
        If it does not; codecarbon itself would take the mean of the world without a word.
    """
    _quiet_codecarbon()
    from codecarbon.input import DataSource

    known = {code: str(about["country_name"]) for code, about in DataSource().get_global_energy_mix_data().items()}
    if country in known:
        return
    asked = str(country).upper()
    by_name = {name.upper(): code for code, name in known.items()}
    near = [asked] if asked in known else [by_name[name] for name in get_close_matches(asked, by_name, n=1)]
    mend = "".join(f' Did you mean "{code}", {known[code]}?' for code in near)
    raise TlnbError(f'country={country!r} is no code of three letters that codecarbon knows, such as "FRA".{mend}')


def _quiet_codecarbon() -> Any:
    import codecarbon

    logging.getLogger("codecarbon").setLevel(logging.ERROR)  # it sets it anew for each tracker, but talks before that
    return codecarbon


def _how(tracker: Any) -> dict[str, str]:
    """Say of each part of the machine whether its energy is measured."""
    told = {
        "processor": f"{ESTIMATE} (rated power x this process's share of it)",
        "memory": f"{ESTIMATE} (watts by memory size)",
        "GPU": "not metered (no counter was found)",
    }
    kinds = {"CPU": "processor", "RAM": "memory", "GPU": "GPU"}
    for hardware in getattr(tracker, "_hardware", ()):
        kind = type(hardware).__name__
        source = getattr(hardware, "_mode", kind)
        what = kinds.get(getattr(hardware, "chip_part", kind), "processor")
        if kind == "GPU":
            source = "pynvml" if torch.version.cuda else "amdsmi"
        if watts := getattr(hardware, "_tdp", None):
            told[what] = f"{ESTIMATE} (rated {watts:g} W x this process's share of it)"
        told[what] = _COUNTERS.get(source, told[what])
    return told


def _end(timer: Any) -> None:
    """Wait for a timer thread of codecarbon's; one that fires while it is stopped would start itself again."""
    while timer is not None and getattr(timer, "_timer", None) is not None and timer._timer.is_alive():
        timer.stop()
        timer._timer.cancel()
        timer._timer.join()
