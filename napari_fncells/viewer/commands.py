"""The commands: what can be done by a key or a menu entry, each with a shortcut one can change.

They are registered with napari's action manager, so that Preferences > Shortcuts shows them and
remembers other keys. A shortcut works whichever layer is active.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari.components import ViewerModel
from napari.settings import get_settings
from napari.utils.action_manager import action_manager
from napari.utils.interactions import Shortcut
from napari.utils.key_bindings import coerce_keybinding

from napari_fncells.core.errors import UserError

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

PACKAGE = "napari_fncells"


@dataclass(frozen=True)
class Command:
    """Something one can do.

    Attributes
    ----------
    name
        Unique, for settings and tests.
    title
        As the menu and the cheat sheet say it.
    group
        Heading it stands under.
    keys
        Shortcuts where the user has not chosen others, in napari's spelling.
    run
        What is done; a generator function is held: it goes on when the key is released.
    repeatable
        Whether holding the key down repeats it.
    """

    name: str
    title: str
    group: str
    keys: tuple[str, ...]
    run: Callable[[Workspace], Any]
    repeatable: bool = False

    @property
    def action(self) -> str:
        """Name by which napari's settings know it."""
        return f"{PACKAGE}:{self.name}"

    @property
    def held(self) -> bool:
        """Whether it lasts as long as its key is held."""
        return inspect.isgeneratorfunction(self.run)

    @property
    def bound_keys(self) -> tuple[Any, ...]:
        """Keys it has now: those of the user's settings, else `keys`."""
        return tuple(get_settings().shortcuts.shortcuts.get(self.action, self.keys))

    @property
    def shortcuts(self) -> tuple[str, ...]:
        """Keys it has now, as they are written on this system's keyboard: 'Ctrl+Z'."""
        return tuple(str(Shortcut(key)) for key in self.bound_keys)


def _hide_while_held(workspace: Workspace) -> Iterator[None]:
    workspace.overlay.hide()
    yield
    workspace.overlay.show()


COMMANDS: tuple[Command, ...] = (
    Command(
        "next_object", "Next cell, most doubtful first", "Review", ("N",),
        lambda w: w.review.step(1),
    ),
    Command(
        "previous_object", "Back to the cell before", "Review", ("Shift-N",),
        lambda w: w.review.step(-1),
    ),
    Command("accept", "Accept the cell", "Review", ("A",), lambda w: w.review.accept()),
    Command(
        "remove", "Remove the cell", "Review", ("D", "Delete"), lambda w: w.review.remove()
    ),
    Command("unsure", "Mark the cell as unsure", "Review", ("U",), lambda w: w.review.unsure()),
    Command("note", "Write a note on the cell", "Review", ("J",), lambda w: w.review.note()),
    Command(
        "next_candidate", "Next missed cell, likeliest first", "Review", ("G",),
        lambda w: w.review.step_candidate(1),
    ),
    Command(
        "previous_candidate", "Back to the missed cell before", "Review", ("Shift-G",),
        lambda w: w.review.step_candidate(-1),
    ),
    Command(
        "candidates", "Show / hide likely missed cells", "Review", ("C",),
        lambda w: w.review.toggle_candidates(),
    ),
    Command(
        "next_part", "Next part not looked at yet", "Review", ("Q",), lambda w: w.sweep.step(1)
    ),
    Command(
        "previous_part", "Previous part", "Review", ("Shift-Q",), lambda w: w.sweep.step(-1)
    ),
    Command(
        "finish", "Accept the rest, done, next picture", "Review", ("Shift-Enter",),
        lambda w: w.navigation.finish(),
    ),
    Command(
        "grow", "Grow the cell", "Outline", (".",), lambda w: w.review.resize(1), repeatable=True
    ),
    Command(
        "shrink", "Shrink the cell", "Outline", (",",), lambda w: w.review.resize(-1),
        repeatable=True,
    ),
    Command("split", "Split the cell by its shape", "Outline", ("S",), lambda w: w.review.split()),
    Command(
        "smooth", "Smooth the cell, fill its holes", "Outline", ("W",),
        lambda w: w.review.smooth(),
    ),
    Command(
        "revert", "Back to the cell's draft", "Outline", ("R",), lambda w: w.review.revert()
    ),
    Command(
        "undo", "Undo", "History", ("Control-Z",), lambda w: w.undo(), repeatable=True
    ),
    Command(
        "redo", "Redo", "History", ("Control-Shift-Z",), lambda w: w.redo(), repeatable=True
    ),
    Command(
        "next_picture", "Next picture", "Picture", ("Control-Right",),
        lambda w: w.navigation.step(1),
    ),
    Command(
        "previous_picture", "Previous picture", "Picture", ("Control-Left",),
        lambda w: w.navigation.step(-1),
    ),
    Command(
        "unsure_picture", "Unsure, next picture", "Picture", ("Shift-U",),
        lambda w: w.navigation.mark_unsure(),
    ),
    Command(
        "reopen", "Re-open the picture", "Picture", ("Shift-R",),
        lambda w: w.navigation.reopen(),
    ),
    Command(
        "note_picture", "Write a note on the picture", "Picture", ("Shift-J",),
        lambda w: w.ask_for_note(),
    ),
    Command(
        "ignore", "Ignore a region: on / off", "Picture", ("Shift-I",),
        lambda w: w.ignoring.toggle(),
    ),
    Command("hide", "Hide the mask while held", "View", ("H",), _hide_while_held),
    Command(
        "compare", "Show the draft / the mask", "View", ("T",), lambda w: w.overlay.compare()
    ),
    Command(
        "difference", "Changes to the given mask", "View", ("Shift-T",),
        lambda w: w.show_difference(),
    ),
    Command(
        "heat", "Show / hide the model's probabilities", "View", ("I",), lambda w: w.heat.toggle()
    ),
    Command(
        "outlines", "Outlines / filled", "View", ("O",), lambda w: w.overlay.toggle_filled()
    ),
    Command(
        "truth", "Ground truth of the data set on / off", "View", ("Y",),
        lambda w: w.truth.toggle(),
    ),
    Command(
        "coverage", "What was not looked at yet", "View", ("K",),
        lambda w: w.sweep.toggle_map(),
    ),
    Command(
        "neutral", "Back to moving the picture", "View", ("Escape",), lambda w: w.neutral()
    ),
    Command("cheat_sheet", "Keys and gestures (also ?)", "View", ("/",), lambda w: w.show_help()),
)  # fmt: skip

GESTURES: tuple[tuple[str, str], ...] = (
    ("Shift+click a cell", "remove it (false positive)"),
    ("Shift+click the ground", "add the cell there (false negative)"),
    ("Shift+wheel", "grow / shrink the cell under the pointer"),
    ("Shift+drag", "lasso: remove all cells inside"),
    ("Ctrl+drag across a cell", "cut it"),
    ("Ctrl+drag from cell to cell", "join them"),
    ("Ctrl+Shift+drag", "trace a new cell, or redraw one"),
    ("Click", "select a cell"),
    ("P, E, F, 3", "napari's brush, eraser, fill, polygon"),
)
"""Mouse gestures and what they do, as the cheat sheet says them."""


def register(workspace_of: Callable[[Any], Workspace | None]) -> None:
    """Make the commands known to napari, with their shortcuts; more than once does no harm.

    Parameters
    ----------
    workspace_of
        Gives the workspace of a viewer, or None where it has none: its keys do nothing then.
    """
    for known in COMMANDS:
        if known.action in action_manager._actions:
            continue
        run = _held(known, workspace_of) if known.held else _pressed(known, workspace_of)
        run.__name__ = known.name
        action_manager.register_action(
            known.action, run, known.title, ViewerModel, repeatable=known.repeatable
        )
        for key in known.bound_keys:
            action_manager.bind_shortcut(known.action, coerce_keybinding(key))


def give_way(layer: Any, workspace: Workspace) -> None:
    """Let our keys work with a picture active, where napari has bound them for all pictures."""
    for known in COMMANDS:
        for key in map(coerce_keybinding, known.bound_keys):
            if key in type(layer).class_keymap and not known.held:
                layer.bind_key(key, lambda _layer, c=known: run(c, workspace), overwrite=True)


def run(known: Command, workspace: Workspace) -> None:
    """Do what a command does; says in the status bar why it could not."""
    # Where the camera is on its way, another key finds it there
    workspace.glide.land()
    try:
        said = known.run(workspace)
    except UserError as error:
        said = str(error)
    if isinstance(said, str):
        workspace.report(said)


def _pressed(known: Command, workspace_of: Callable[[Any], Workspace | None]) -> Any:
    """Callback of a key that is pressed."""

    def act(viewer: ViewerModel) -> None:
        workspace = workspace_of(viewer)
        if workspace is not None:
            run(known, workspace)

    return act


def _held(known: Command, workspace_of: Callable[[Any], Workspace | None]) -> Any:
    """Callback of a key that is held."""

    def act(viewer: ViewerModel) -> Iterator[None]:
        workspace = workspace_of(viewer)
        if workspace is not None:
            yield from known.run(workspace)

    return act


def command(name: str) -> Command:
    """The command of a name.

    Raises
    ------
    KeyError
        For a name that no command has.
    """
    return next(c for c in COMMANDS if c.name == name)
