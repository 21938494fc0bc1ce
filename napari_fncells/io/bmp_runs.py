"""Run-length coded BMP: the runs must fill the picture, as the decoder fills what is missing."""

from __future__ import annotations

import struct

from napari_fncells.io.raster import Source

_END_OF_LINE, _END, _MOVE = 0, 1, 2


def check_runs(source: Source, data: bytes, width: int, height: int) -> None:
    """Refuse runs beyond the border, and a picture that ends early.

    Parameters
    ----------
    source
        The file, for its errors.
    data
        All of it.
    width, height
        Of the picture, in px.

    Raises
    ------
    ImageReadError
        The runs do not fit the picture.
    """
    half_bytes = data[30] == 2  # RLE4
    position = struct.unpack_from("<I", data, 10)[0]
    column = row = 0
    while position + 1 < len(data):
        count, value = data[position], data[position + 1]
        position += 2
        if count:
            column += count
        elif value == _END_OF_LINE:
            column, row = 0, row + 1
        elif value == _END:
            if row < height - 1:
                raise source.truncated()
            return
        elif value == _MOVE:
            if position + 1 >= len(data):
                break
            column, row = column + data[position], row + data[position + 1]
            position += 2
        else:
            column += value
            length = (value + 1) // 2 if half_bytes else value
            position += length + length % 2
        if column > width or row > height or (row == height and column):
            raise source.damaged("holds runs of pixels beyond its border")
    raise source.truncated()
