from __future__ import annotations

from pathlib import Path

from napari_fncells.io.working import WorkingFiles


def test_names(tmp_path: Path) -> None:
    names = {
        WorkingFiles.of(tmp_path, name, annotator).labels.name
        for name in ("cell.png", "cell.tif")
        for annotator in ("", "Ada", "Zoë Ω")
    }
    assert len(names) == 6
    assert "cell.png.labels.tif" in names
    assert "cell.png.Ada.labels.tif" in names
    for annotator in ("../x", "a/b", "a\\b", "..", "a:b", "x" * 300):
        files = WorkingFiles.of(tmp_path, "a.png", annotator)
        assert files.labels.parent == files.record.parent == tmp_path
        assert "/" not in files.labels.name
        assert len(files.labels.name) < 120
