"""Export of a whole set: every format written, read back and compared before it gets its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from napari_fncells.core.params.card import TITLE_LENGTH, CardParams
from napari_fncells.core.params.export import ExportParams
from napari_fncells.core.steps import finish
from napari_fncells.io.datasets.progress import Progress
from napari_fncells.io.exporters.base import Exporter
from napari_fncells.io.printable import printable
from napari_fncells.io.report import LeftOut, ReleaseReport
from napari_fncells.session.card import work_on
from napari_fncells.session.curated import Curated, Selection, Wanted, select
from napari_fncells.session.publishing import staging
from napari_fncells.session.release_formats import chosen_formats
from napari_fncells.session.release_job import ProofError, ReleaseJob, Steps

__all__ = ["ProofError", "ReleaseReport", "chosen_formats", "export", "release_steps"]

_WORKERS = 2


def export(
    folder: Path | str,
    output: Path | str,
    formats: str | Iterable[str] = "all",
    *,
    annotator: str | None = None,
    only_done: bool = False,
    without_mask: bool = False,
    images: bool = False,
    replace: bool = False,
    params: ExportParams | None = None,
    card: CardParams | None = None,
) -> ReleaseReport:
    """Export the ground truth of a folder of pictures, and prove it.

    Parameters
    ----------
    folder
        The folder of pictures.
    output
        The folder that the set is to be.
    formats
        Names of formats, with commas between them or as a list; 'all' for every one.
    annotator
        Whose work; that of this user where omitted.
    only_done
        Whether to leave out pictures that were not marked as done.
    without_mask
        Whether to take pictures that nobody has worked on for pictures without cells.
    images
        Whether to copy the pictures into the set.
    replace
        Whether a set that is there may be replaced.
    params
        What formats are asked.
    card
        What you say of the set, for its card; its name is that of the folder where omitted.

    Returns
    -------
    ReleaseReport
        Only after every file was read back and compared.

    Raises
    ------
    ProofError
        What was read back is not what was to be written.
    UserError
        There is nothing to export, or it cannot be written there. A set that was there is as it
        was, whatever is raised.
    """
    forms = chosen_formats(formats if isinstance(formats, str) else list(formats))
    pictures = select(Path(folder), Wanted(annotator, only_done, without_mask))
    card = card or titled(pictures)
    target = Path(output)
    return finish(
        release_steps(pictures, target, forms, params, card, images=images, replace=replace)
    )


def titled(pictures: Selection) -> CardParams:
    """A card that says no more than the folder's name; that of a data set has `images` in it."""
    place = pictures.folder.resolve()
    name = printable(place.parent.name if place.name.casefold() == "images" else place.name)
    return CardParams(title=name[:TITLE_LENGTH] or CardParams().title)


def release_steps(
    pictures: Iterable[Curated | LeftOut],
    target: Path,
    forms: Sequence[Exporter],
    params: ExportParams | None = None,
    card: CardParams | None = None,
    *,
    images: bool = False,
    replace: bool = False,
    workers: int = _WORKERS,
) -> Steps[ReleaseReport]:
    """Do what `export` does in steps, yielding in words what comes next and how far it is.

    Parameters
    ----------
    pictures
        What is exported, read one by one; see `curated.select`.
    target, params, images, replace
        As `export` has them.
    card
        What its makers say of the set; None for one without a card.
    forms
        Formats; see `chosen_formats`.
    workers
        Threads among which the formats of a picture are shared out.

    Raises
    ------
    ProofError, UserError
        As `export` does. Closing the generator leaves a set that was there as it was, too.
    """
    with staging(target, replace=replace) as stage:
        job = ReleaseJob(stage, forms, params or ExportParams(), images=images, card=card)
        if isinstance(pictures, Selection):
            job.source, job.annotator = pictures.folder.name, pictures.annotator
            job.work = work_on(pictures)
        with ThreadPoolExecutor(max(1, workers), thread_name_prefix="fncells-export") as pool:
            yield from job.write(pictures, pool)
            yield from job.prove(pool)
        report = yield from job.report()
        yield Progress("Giving the set its name", 1.0)
        stage.publish()
    return report
