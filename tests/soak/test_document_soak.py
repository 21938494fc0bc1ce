"""The document's state machine, for long."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.core.correction_machine import DocumentMachine


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_long_histories() -> None:
    run_state_machine_as_test(
        DocumentMachine,
        settings=settings(
            max_examples=3000,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
