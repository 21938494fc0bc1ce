"""napari without Qt: the mask layer, gestures, commands and plugin hooks."""
