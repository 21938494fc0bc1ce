"""The models at hand: those that come with the package, and a folder of the user's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from napari_fncells.io.user_data import data_folder
from napari_fncells.model.card import ModelCard
from napari_fncells.model.refusal import ModelError
from napari_fncells.model.weights import SUFFIX, import_weights, read_card, write_model

DEFAULT_MODEL = "fncells-1"
"""Comes with the package."""
_SHIPPED = Path(__file__).with_name("shipped")


@dataclass(frozen=True)
class Listed:
    """A model at hand.

    Attributes
    ----------
    path
        The file of weights.
    card
        What is known about it; None where the card cannot be read.
    problem
        Why not, in a sentence.
    shipped
        Whether it came with the package.
    """

    path: Path
    card: ModelCard | None = None
    problem: str = ""
    shipped: bool = False

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.path.stem


def model_folder(root: Path | None = None) -> Path:
    """Where this user's models lie; it need not exist.

    Parameters
    ----------
    root
        The folder of the user's data, where it is not the usual one.
    """
    return data_folder(root) / "models"


def list_models(root: Path | None = None) -> list[Listed]:
    """All models, the package's first, by name. Weights are not read, torch is not needed."""
    own = [_listed(file) for file in _files(model_folder(root))]
    shipped = [replace(_listed(file), shipped=True) for file in _files(_SHIPPED)]
    return shipped + own


def add_model(
    path: Path, name: str | None = None, *, root: Path | None = None
) -> tuple[Path, ModelCard]:
    """Import weights of any known kind into the user's folder.

    Parameters
    ----------
    path
        See `import_weights`.
    name
        For the model; the file's where omitted.
    root
        The folder of the user's data, where it is not the usual one.

    Returns
    -------
    Path
        The file of weights there.
    ModelCard
        As it was written.

    Raises
    ------
    ModelError, SaveError
        See `import_weights` and `write_model`.
    """
    values, card = import_weights(path, name)
    if card.name in {file.stem for file in _files(_SHIPPED)}:
        raise ModelError(
            f"{card.name!r} is the name of a model that came with the program.",
            "Give this one another name.",
        )
    file = write_model(model_folder(root), values, card)
    return file, read_card(file)


def find_model(wanted: str | Path, root: Path | None = None) -> Path:
    """The file of weights that a path or the name of a model means.

    Raises
    ------
    ModelError
        There is none.
    """
    path = Path(wanted)
    if path.suffix == SUFFIX or path.is_file():
        return path
    if path.name == str(wanted):
        for folder in (_SHIPPED, model_folder(root)):
            named = folder / f"{wanted}{SUFFIX}"
            if named.is_file():
                return named
    known = ", ".join(model.name for model in list_models(root)) or "none yet"
    raise ModelError(
        f"There is no model named {str(wanted)!r}.",
        f"Known are: {known}. Import weights with: fncells import-weights FILE",
    )


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob(f"*{SUFFIX}"))
    except OSError:
        return []


def _listed(file: Path) -> Listed:
    try:
        return Listed(file, read_card(file))
    except ModelError as error:
        return Listed(file, problem=error.sentence)
