from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.core.correction_machine import DocumentMachine

TestDocumentMachine = DocumentMachine.TestCase
TestDocumentMachine.settings = settings(
    max_examples=600,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
