from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = "import os, sys; {}; import tlnb; print(os.environ.get('GOMP_SPINCOUNT'), 'torch' in sys.modules)"


def environment_after(first: str, **variables: str) -> str:
    clean = {key: value for key, value in os.environ.items() if key not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    command = [sys.executable, "-c", CODE.format(first)]
    return subprocess.check_output(command, env={**clean, **variables}, text=True).strip()


def test_threads_wait_briefly_from_the_first_import_on_and_torch_is_not_loaded_for_it():
    assert environment_after("pass") == "5000 False"


@pytest.mark.parametrize(
    ("variables", "found"), [({"GOMP_SPINCOUNT": "5"}, "5"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "None")]
)
def test_what_somebody_set_is_left_alone(variables, found):
    assert environment_after("pass", **variables) == f"{found} False"


def test_where_torch_came_first_it_is_too_late_and_nothing_is_set():
    assert environment_after("import torch") == "None True"
