"""Every odd file opens with the right values or gives one clear error."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.io.images import ImageReadError, read_image
from tests.io.odder_files import ODDER_FILES, Odd

SECONDS = 10.0


def check(outcome: object, odd: Odd) -> None:
    if odd.pixels is None:
        assert isinstance(outcome, ImageReadError), "opened, but should have been refused"
        assert outcome.code in odd.codes, str(outcome)
        assert outcome.sentence
        assert outcome.remedy
        return
    assert not isinstance(outcome, ImageReadError), str(outcome)
    wanted, image = odd.pixels(), outcome
    assert image.pixels.shape == wanted.shape
    assert image.pixels.dtype == wanted.dtype.newbyteorder("=")
    if odd.within:
        assert np.abs(image.pixels.astype(int) - wanted).max() <= odd.within
    else:
        np.testing.assert_array_equal(image.pixels, wanted)
    assert any(odd.note in note for note in image.notes) or not odd.note, image.notes


@pytest.mark.parametrize("name", ODDER_FILES)
def test_values_or_a_clear_error(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    odd = ODDER_FILES[name]
    path = tmp_path / name
    content = odd.make()
    path.write_bytes(content)
    outcome: object
    began = time.monotonic()
    try:
        outcome = read_image(path, **odd.options)
    except ImageReadError as error:
        outcome = error
    assert time.monotonic() - began < SECONDS
    assert capfd.readouterr() == ("", "")
    assert path.read_bytes() == content
    check(outcome, odd)


@pytest.mark.skipif(sys.platform == "win32", reason="measures by getrusage")
def test_none_takes_much_memory(tmp_path: Path) -> None:
    import resource

    for name, odd in ODDER_FILES.items():
        (tmp_path / name).write_bytes(odd.make())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, odd in ODDER_FILES.items():
        try:
            read_image(tmp_path / name, **odd.options)
        except ImageReadError:
            continue
    unit = 1 if sys.platform == "darwin" else 1024
    # all of them declare some KB of pixels, or are refused
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < 128 << 20
