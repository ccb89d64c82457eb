"""Energy: an estimate is called one, nothing is written or sent, and nothing stays behind."""

import logging
import socket
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tlnb.core.errors import TlnbError
from tlnb.training import Recipe
from tlnb.training.metering import energy_meter
from tlnb.training.metering.energy import EnergyPart, EnergyUse
from tlnb.training.metering.energy_meter import EnergyMeter
from tlnb.training.metering.meter import CostMeter
from tlnb.training.session import Session

CPU = torch.device("cpu")
needs_codecarbon = pytest.mark.skipif(find_spec("codecarbon") is None, reason="needs codecarbon")
has_counters = any(Path("/sys/class/powercap").glob("*/energy_uj"))

MEASURED = EnergyUse((EnergyPart("processor", 30.0, "measured (RAPL): all programs"),), 2.0, "FRA", 0.5)
GUESSED = EnergyUse(
    (EnergyPart("processor", 10.0, "estimate (rated 8 W)"), EnergyPart("memory", 5.0, "estimate (watts)")), 1.0
)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Give an empty working directory and an empty home."""
    folders = tmp_path / "work", tmp_path / "user"
    for folder in folders:
        folder.mkdir()
    monkeypatch.chdir(folders[0])
    monkeypatch.setenv("HOME", str(folders[1]))
    monkeypatch.setenv("USERPROFILE", str(folders[1]))
    return folders


def metered(country=None, seconds=0.3):
    """Meter a busy while."""
    meter = EnergyMeter(CPU, country)
    meter.start()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        torch.rand(200, 200) @ torch.rand(200, 200)
    return meter.stop()


@needs_codecarbon
def test_what_no_counter_measured_is_called_an_estimate():
    use = metered()
    assert use.joules == pytest.approx(sum(part.joules for part in use.parts)) and use.joules > 0
    assert use.watt_hours == pytest.approx(use.joules / 3600) and use.seconds >= 0.3
    assert [part.what for part in use.parts] == ["processor", "memory"]
    assert "estimate" in repr(use) and use.parts[1].how.startswith("estimate")
    if not has_counters:
        assert use.how == "estimate" and "measured" not in repr(use) and "rated" in use.parts[0].how


@needs_codecarbon
def test_what_the_processors_counter_gave_is_called_measured(tmp_path):
    from codecarbon.external import hardware
    from codecarbon.external.ram import RAM

    domain = tmp_path / "intel-rapl:0"
    domain.mkdir()
    for name, content in {"name": "package-0", "energy_uj": "1000", "max_energy_range_uj": "262143328850"}.items():
        (domain / name).write_text(content)
    counted = hardware.CPU(str(tmp_path), "intel_rapl", "a processor", None, rapl_dir=str(tmp_path))
    told = energy_meter._how(SimpleNamespace(_hardware=[counted, RAM()]))
    assert told["processor"].startswith("measured (RAPL)") and told["memory"].startswith("estimate")
    assert told["GPU"].startswith("not metered")


@needs_codecarbon
def test_nothing_is_written_said_or_sent_whatever_is_configured(elsewhere, capfd):
    work, user = elsewhere
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        settings = {"save_to_file": True, "save_to_api": True, "api_endpoint": address, "emissions_endpoint": address}
        lines = ["[codecarbon]", *(f"{name} = {value}" for name, value in settings.items())]
        (user / ".codecarbon.config").write_text("\n".join(lines))
        assert metered("FRA") is not None
        with pytest.raises(TimeoutError):
            server.accept()
    assert not list(work.iterdir()) and [path.name for path in user.iterdir()] == [".codecarbon.config"]
    assert capfd.readouterr() == ("", "")


@needs_codecarbon
def test_it_works_with_no_network_at_all(elsewhere, monkeypatch):
    def refused(*_):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    assert metered("FRA", seconds=0.1).joules > 0


@needs_codecarbon
def test_no_thread_is_left_also_after_timers_have_fired():
    before = set(threading.enumerate())
    metered(seconds=1.2)
    time.sleep(0.05)
    assert set(threading.enumerate()) <= before


@needs_codecarbon
def test_two_at_once_are_both_metered_and_stopping_twice_is_no_harm():
    meters = [EnergyMeter(CPU), EnergyMeter(CPU)]
    for meter in meters:
        meter.start()
    time.sleep(0.1)
    uses = [meter.stop() for meter in meters]
    assert all(use.joules > 0 for use in uses) and meters[0].stop() == uses[0]


@needs_codecarbon
def test_co2_is_told_only_for_a_country_that_was_given():
    assert metered().grams_co2 is None
    france, poland = metered("FRA"), metered("POL")
    assert poland.grams_co2 / poland.joules > 5 * france.grams_co2 / france.joules > 0
    assert "estimate (mean electricity of FRA)" in repr(france)


@needs_codecarbon
@pytest.mark.parametrize(
    ("country", "mend"), [("Germany", '"DEU"'), ("deu", '"DEU"'), ("Frence", '"FRA"'), ("XYZ", '"FRA"'), (5, '"FRA"')]
)
def test_an_unknown_country_is_an_error_that_names_the_code(country, mend):
    with pytest.raises(TlnbError, match="three letters") as error:
        EnergyMeter(CPU, country)
    if country != 5:
        with pytest.raises(TlnbError, match="three letters"):
            EnergyMeter.wanted(country, CPU)
    assert repr(country) in str(error.value) and mend in str(error.value)


@needs_codecarbon
@pytest.mark.parametrize("broken_off", [False, True])
def test_a_training_is_metered_to_its_end_or_to_where_it_was_broken_off(model, images, broken_off):
    before = set(threading.enumerate())
    session = Session(model, images, Recipe(epochs=1, batch_size=12), "cpu")
    meter = CostMeter(session, EnergyMeter(session.device))
    events = meter.listen(session.events())
    for event in events:
        if broken_off and event.kind == "step":
            break
    events.close()
    cost = meter.cost()
    assert cost.energy.joules > 0 and "energy" in repr(cost) and "estimate" in repr(cost)
    assert cost.energy.seconds >= cost.seconds and set(threading.enumerate()) <= before
    assert EnergyUse.from_state_dict(meter.state_dict()["energy"]) == cost.energy


def test_energy_is_metered_only_where_it_is_asked_for():
    assert EnergyMeter.wanted(False, CPU) is None and EnergyMeter.wanted(True, CPU).country is None
    with pytest.raises(TlnbError, match="energy=1: give True"):
        EnergyMeter.wanted(1, CPU)


def test_without_codecarbon_a_line_says_how_to_get_it(monkeypatch, caplog):
    monkeypatch.setattr(energy_meter, "find_spec", lambda name: None)
    with caplog.at_level(logging.WARNING, "tlnb"):
        use = metered(seconds=0)
    assert use is None and 'pip install "tlnb[energy]"' in caplog.text


def test_what_is_added_to_an_estimate_stays_one():
    both = MEASURED.plus(GUESSED)
    assert [(part.what, part.joules) for part in both.parts] == [("processor", 40.0), ("memory", 5.0)]
    assert both.how == "estimate" and both.seconds == 3 and both.grams_co2 is None
    twice = MEASURED.plus(MEASURED)
    assert twice.how == "measured" and (twice.country, twice.grams_co2) == ("FRA", 1.0)


def test_how_says_when_only_a_part_was_measured():
    assert EnergyUse((*MEASURED.parts, GUESSED.parts[1]), 1.0).how == "partly an estimate"
    assert (MEASURED.how, GUESSED.how) == ("measured", "estimate")
