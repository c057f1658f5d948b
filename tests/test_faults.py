"""One known defect in a clean experiment: the expected checks fire, all others stay silent."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from audit.registry import load_checks
from tests.experiment import Fault, clean_experiment
from tests.harness import alarms, audit_export, run_of

IDS = [check.id for check in load_checks()]
SEEDS = (0, 1, 2)


def fault_of(check_id: str) -> Fault:
    fault = importlib.import_module(f"tests.faults.{check_id.lower()}").FAULT
    assert isinstance(fault, Fault)
    return fault


@pytest.mark.parametrize("as_script", [False, True])
@pytest.mark.parametrize("random_state", range(10))
def test_clean_experiment_is_silent(random_state: int, as_script: bool, tmp_path: Path) -> None:
    export = clean_experiment(random_state, as_script=as_script).write(tmp_path)
    report = audit_export(export)
    assert alarms(report) == set()
    assert report.verdict.value == "VALID"


@pytest.mark.parametrize("random_state", SEEDS)
@pytest.mark.parametrize("check_id", IDS)
def test_fault_fires_alone(check_id: str, random_state: int, tmp_path: Path) -> None:
    fault = fault_of(check_id)
    assert check_id in fault.expects
    experiment = clean_experiment(random_state)
    fault.apply(experiment, np.random.default_rng(random_state))
    report = audit_export(experiment.write(tmp_path))
    fired = {run.check_id for run in report.runs if run.findings}
    assert set(fault.expects) <= fired, run_of(report, check_id).reason
    assert alarms(report) <= set(fault.expects)
