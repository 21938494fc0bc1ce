"""`fncells models` and `fncells import-weights`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from napari_fncells.cli.options import JsonOption


def import_weights(
    file: Annotated[
        Path,
        typer.Argument(
            help="Weights of a c-ResUnet: a checkpoint of PyTorch or fastai, a Keras .h5, the "
            "authors' .pkl, or safetensors."
        ),
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the model; that of the file where omitted.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take weights into your models, without running anything that is in the file."""
    from napari_fncells.model.library import add_model

    place, card = add_model(file, name)
    if as_json:
        facts = {"model": str(place), "card": card.model_dump(mode="json")}
        print(json.dumps(facts, indent=2))
        return
    kind = f" ({card.source.kind})" if card.source is not None else ""
    print(f"{file.name}{kind} is now your model '{card.name}': {place}")
    print(f"SHA-256 {card.sha256}; cutoff {card.cutoff:g}")
    for note in card.notes:
        print(note)


def models(as_json: JsonOption = False) -> None:
    """List the models there are, with what their cards say."""
    from napari_fncells.model.library import list_models
    from napari_fncells.session.words import card_in_words as in_words

    found = list_models()
    if as_json:
        print(json.dumps([_model_facts(model) for model in found], indent=2))
        return
    if not found:
        print("There are no models yet. Import weights with: fncells import-weights FILE")
    for model in found:
        print(model.name if model.card else f"{model.name}: {model.problem}")
        for title, said in in_words(model.card) if model.card else ():
            print(f"  {title}: {said}")


def _model_facts(model: Any) -> dict[str, Any]:
    card = model.card.model_dump(mode="json") if model.card is not None else None
    facts = {"name": model.name, "file": str(model.path), "card": card}
    return facts | ({"problem": model.problem} if model.problem else {})
