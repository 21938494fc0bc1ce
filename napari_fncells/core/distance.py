"""How deep in a mask its pixels lie."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def distance_to_ground(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance in px of each pixel of a (Y, X) mask from the nearest outside it; float32.

    OpenCV takes roots to some units in the last place, by the pixel's place in the picture: the
    whole number that is the square tells the distance exactly, and 4 px are 4 px everywhere.
    """
    found = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    distance = np.asarray(found, dtype=np.float32)
    np.rint(np.square(distance, out=distance), out=distance)
    return np.sqrt(distance, out=distance)
