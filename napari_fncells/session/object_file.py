"""The object table of the picture on the screen, as a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from napari_fncells.core.document import Document
from napari_fncells.core.measures import Measures
from napari_fncells.core.objects import Origin
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.exporters.objects_csv import Place, encode_table
from napari_fncells.io.images import Image
from napari_fncells.session.save_as import put_aside

SUFFIX = ".csv"


def save_objects(
    target: Path, image: Image, document: Document, measures: Measures, cells: Iterable[int]
) -> tuple[Path, Path | None]:
    """Write the measures of cells, with the columns of the export 'objects-csv'.

    Parameters
    ----------
    target
        Gets the suffix '.csv' where it has another. A file that is there is kept beside it.
    image, document, measures
        The picture, its mask and what was measured of it.
    cells
        Ids, in the order of rows; those that are gone or not measured are left out.

    Returns
    -------
    tuple
        What was written, and where the earlier file went, if there was one.

    Raises
    ------
    SaveError
        Where it cannot be written.
    """
    if target.suffix.lower() != SUFFIX:
        target = target.with_name(target.name + SUFFIX)
    rows = []
    for i in cells:
        found = measures.of(i)
        if found is None or not document.is_alive(i):
            continue
        # What the attention check has planted goes into no file
        if document.objects[i].origin is not Origin.PLANT:
            rows.append((document.objects[i], found))
    name = image.name or (image.path.name if image.path is not None else "")
    channels = image.pixels.shape[2] if image.pixels.ndim == 3 else 1
    data = encode_table(Place(name, Path(name).stem, image.pixel_size), rows, channels)
    earlier = put_aside(target)
    write_atomic(target, data, replace=earlier is not None)
    return target, earlier
