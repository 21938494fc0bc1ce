"""`python -m napari_fncells` is `fncells`."""

from napari_fncells.cli import main

if __name__ == "__main__":
    main()
