"""An export that is killed before every single thing that it does to the disk, each in turn.

Started as a program; forks, so that the many imports are made once.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from napari_fncells.io.exporters import EXPORTERS
from napari_fncells.session.publishing import recover
from napari_fncells.session.release import release_steps
from napari_fncells.session.verify import verify
from tests.session.sets import small_set, tree

_EVENTS = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.scandir")


def run(place: Path, seed: int, *, replace: bool) -> None:
    """Export a set that is known by its seed."""
    forms = [EXPORTERS["binary-png"]]
    for _ in release_steps(small_set(2, seed), place / "set", forms, replace=replace, workers=1):
        pass


def killed_at(place: Path, number: int, seed: int) -> bool:
    """Export in a process of its own that dies at its n-th event; whether it died."""
    child = os.fork()
    if child == 0:
        left = number

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event in _EVENTS and str(place) in str(arguments[:2]):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            run(place, seed, replace=True)
        except BaseException as error:
            print("ended by", repr(error), flush=True)
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def check(place: Path, before: str) -> str:
    """A hash of the set that stands there after a kill: whole, the user's own file kept."""
    recover(place / "set")
    found = verify(place / "set")
    assert found.inspection.report is not None
    assert not [words for words in found.differences if "mine.txt" not in words]
    mine = list(place.rglob("mine.txt"))
    assert [path.read_text() for path in mine] == ["my own"], mine
    if mine[0].parent.name != "set":
        mine[0].rename(place / "set" / "mine.txt")
        assert tree(place / "set")["masks/0.png"] != before
    return tree(place / "set")["masks/0.png"]


def main(place: Path, first: int, step: int) -> None:
    """Kill at every n-th event until one export gets through."""
    run(place, 0, replace=False)
    (place / "set" / "mine.txt").write_text("my own")
    standing = tree(place / "set")["masks/0.png"]
    number, kills, published = first, 0, 0
    while killed_at(place, number, kills + 1):
        now = check(place, standing)
        published += now != standing
        standing, number, kills = now, number + step, kills + 1
    assert check(place, standing) != standing
    left = sorted(path.name for path in place.iterdir() if path.name.startswith("."))
    assert left == [], left
    print(kills, published)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
