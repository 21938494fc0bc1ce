"""Killing a process that works, again and again on the same journal, and counting what is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.io.images import Image
from napari_fncells.session.keeping import Keeper
from tests.store.victim import state_hash

LONGEST_LIFE_SECONDS = 0.6
MOST_UNSAVED_SECONDS = 0.25
MOST_EDITS_AT_ONCE = 60


@dataclass
class Tally:
    """What came of the kills."""

    kills: int = 0
    edits: int = 0
    lost_edits: int = 0
    lost_seconds: list[float] = field(default_factory=list)
    """Age of the oldest edit lost, one a kill that lost any."""
    unsaved_seconds: list[float] = field(default_factory=list)
    """Age of the oldest edit that was not yet shown as saved, one a kill."""

    @property
    def sentence(self) -> str:
        """The figures."""
        lost, unsaved = sorted(self.lost_seconds), sorted(self.unsaved_seconds)
        return (
            f"{self.kills} kills, {self.edits} edits; {len(lost)} kills lost "
            f"{self.lost_edits} edits not shown as saved, the oldest "
            f"{1000 * max(lost, default=0):.0f} ms old; not yet shown as saved: median "
            f"{1000 * (float(np.median(unsaved)) if unsaved else 0):.0f} ms, "
            f"p99 {1000 * (float(np.quantile(unsaved, 0.99)) if unsaved else 0):.0f} ms, "
            f"most {1000 * max(unsaved, default=0):.0f} ms"
        )


def spawn(image: Image, root: Path, seed: int) -> subprocess.Popen[str]:
    """Start a victim that waits for leave to begin."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.victim", str(image.path), str(root), str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def kill_again_and_again(
    image: Image, root: Path, kills: int, seed: int, tally: Tally | None = None
) -> Tally:
    """Kill so many processes at random moments; check after each that nothing saved is lost."""
    rng = np.random.default_rng(seed)
    tally = tally or Tally()
    waiting = spawn(image, root, seed)
    try:
        for n in range(kills):
            victim, waiting = waiting, spawn(image, root, seed + n + 1)
            lines, killed_at = _live_and_die(victim, float(rng.uniform(0, LONGEST_LIFE_SECONDS)))
            _check(lines, killed_at, image, root, tally)
    finally:
        waiting.kill()
        waiting.communicate()
    return tally


def _live_and_die(victim: subprocess.Popen[str], seconds: float) -> tuple[list[list[str]], float]:
    assert victim.stdin is not None
    assert victim.stdout is not None
    assert victim.stdout.readline() == "ready\n"
    victim.stdin.write("go\n")
    victim.stdin.flush()
    lines: list[list[str]] = []
    # The handshake: no kill before there is something to lose
    while not lines or lines[-1][0] != "issued":
        lines.append(victim.stdout.readline().split())
        assert lines[-1], "the process ended by itself"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        lines.append(victim.stdout.readline().split())
        assert lines[-1], "the process ended by itself"
    killed_at = time.monotonic()
    os.kill(victim.pid, signal.SIGKILL)
    rest, _ = victim.communicate()
    lines += [line.split() for line in rest.splitlines()]
    assert len(lines[0]) == 2, f"it was told at the start: {lines[0]}"
    return lines, killed_at


def _check(
    lines: list[list[str]], killed_at: float, image: Image, root: Path, tally: Tally
) -> None:
    issued = {
        int(words[1]): (float(words[2]), words[3]) for words in lines if words[0] == "issued"
    }
    saved = max((int(words[1]) for words in lines if words[0] == "saved"), default=0)
    keeper = Keeper.open(image, "Ada", root)
    document: Document = keeper.document
    assert all("was left without being closed" in note for note in keeper.notes), keeper.notes
    assert keeper.state.settled
    assert document.edit_count >= saved, "an edit shown as saved is lost"
    # Edits of one action (undoing a long gesture) are told together, after the last of them
    assert document.edit_count <= max(issued) + MOST_EDITS_AT_ONCE
    shown = issued.get(document.edit_count, (0.0, "-"))[1]
    assert shown in {"-", str(state_hash(document))}, "the work is not as it was"
    lost = [number for number in issued if number > document.edit_count]
    unsaved = [issued[number][0] for number in issued if number > saved]
    tally.kills += 1
    tally.edits = max(issued)
    tally.lost_edits += len(lost)
    if lost:
        tally.lost_seconds.append(killed_at - issued[min(lost)][0])
    tally.unsaved_seconds.append(killed_at - min(unsaved) if unsaved else 0.0)
    assert keeper.close()
