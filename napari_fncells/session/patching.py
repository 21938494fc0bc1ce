"""Patches of a set of pictures, written, read back and compared before they get their name."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from pathlib import Path

from napari_fncells.core.errors import UserError
from napari_fncells.core.params.patches import PatchParams
from napari_fncells.core.params.split import SplitParams
from napari_fncells.core.steps import finish
from napari_fncells.io.datasets.progress import Progress
from napari_fncells.io.exporters.base import GroundTruth
from napari_fncells.io.patches import patch_form
from napari_fncells.io.patches.manifest import MANIFEST_NAME, PatchManifest, hashes
from napari_fncells.io.patches.plain_file import write_plain
from napari_fncells.io.report import LeftOut
from napari_fncells.session.curated import Selection
from napari_fncells.session.patch_folder import patch_folder
from napari_fncells.session.patch_proof import check_splits, prove
from napari_fncells.session.patch_work import (
    CUT_FROM,
    PROVED,
    PROVED_FROM,
    Looked,
    PatchWork,
    identity_of,
    told,
)
from napari_fncells.session.splitting import Candidate, divide, two_of


@dataclass(frozen=True)
class PatchReport:
    """What was written, after it was read back.

    Attributes
    ----------
    folder
        Where the patches are.
    manifest
        What they are.
    """

    folder: Path
    manifest: PatchManifest

    @property
    def sentence(self) -> str:
        """The outcome for a person."""
        splits = self.manifest.splits
        parts = ", ".join(
            f"{facts.patches:,} {name} of {facts.pictures}" for name, facts in splits.items()
        )
        return (
            f"{self.manifest.patches:,} patches ({parts} pictures): each was read back and "
            "found equal, and nothing is in two splits."
        )


@dataclass(frozen=True)
class PatchJob:
    """How patches are made.

    Attributes
    ----------
    params, split
        Where patches lie, and what goes into which split.
    form
        What they are written as; see `io.patches.PATCH_FORMS`.
    earlier
        Split by picture of a former division, which stays as it was.
    replace
        Whether patches that are there may be replaced: the user's word.
    """

    params: PatchParams = field(default_factory=PatchParams)
    split: SplitParams = field(default_factory=SplitParams)
    form: str = "folders"
    earlier: Mapping[str, str] = field(default_factory=dict)
    replace: bool = False


class Truths:
    """The ground truths of a folder's pictures, each read when its turn comes.

    Parameters
    ----------
    pictures
        What was selected; see `curated.select`.

    Attributes
    ----------
    left_out
        What the last time through left out.
    """

    def __init__(self, pictures: Selection) -> None:
        self._pictures = pictures
        self.left_out: list[LeftOut] = []

    def __len__(self) -> int:
        """Pictures that are looked at; some of them may be left out."""
        return len(self._pictures)

    def __iter__(self) -> Iterator[GroundTruth]:
        """Read one after the other; none is kept."""
        self.left_out.clear()
        for each in self._pictures:
            if isinstance(each, LeftOut):
                self.left_out.append(each)
            else:
                yield each.truth


def write_patches(truths: Iterable[GroundTruth], folder: Path, job: PatchJob) -> PatchReport:
    """Do what `patch_steps` does at once."""
    return finish(patch_steps(truths, folder, job))


def patch_steps(
    truths: Iterable[GroundTruth], folder: Path, job: PatchJob | None = None
) -> Generator[str, None, PatchReport]:
    """Cut pictures into patches, yielding in words what comes next.

    Every patch is read back by another path than it was written by and compared. Whether
    something leaks between splits is looked at before, and afterwards in the files.

    Parameters
    ----------
    truths
        The pictures; gone through twice, so that one that reads them when their turn comes is
        asked for each twice.
    folder
        Made when all is done.
    job
        How.

    Raises
    ------
    UserError
        There is nothing to cut, or it cannot be divided so, or something leaks.
    SaveError
        It cannot be written there.
    VerificationError
        A patch does not read back as it was.
    """
    job = job or PatchJob()
    form = patch_form(job.form)
    with patch_folder(folder, replace=job.replace) as stage:
        looked = yield from _look(truths)
        division = divide(list(looked.candidates.values()), job.split, job.earlier)
        work = PatchWork(job.params, form, stage.folder, division, looked)
        yield from work.write(truths)
        for number, words in prove(form, stage.folder, work.rows, work.digests):
            share = number / len(work.rows)
            yield Progress(words, PROVED_FROM + (PROVED - PROVED_FROM) * share)
        yield Progress("Looking for leaks between the splits", PROVED)
        check_splits(stage.folder, work.rows, job.split.by)
        manifest = _manifest(job, work)
        write_plain(stage.folder / MANIFEST_NAME, manifest.to_bytes())
        yield Progress("Giving the folder its name", PROVED)
        stage.publish()
    return PatchReport(stage.target, manifest)


def _look(truths: Iterable[GroundTruth]) -> Generator[str, None, Looked]:
    looked = Looked()
    total = len(truths) if isinstance(truths, Sized) else 0
    for number, truth in enumerate(truths, 1):
        yield told("Looking at", truth.name, number, total, (0.0, CUT_FROM))
        image = truth.read_pixels()
        cells = len(truth.cells)
        identity = identity_of(image.pixels)
        if truth.name in looked.candidates:
            raise two_of(truth.name)
        looked.candidates[truth.name] = Candidate(truth.name, cells, identity, truth.split)
        looked.files[truth.name] = image.sha256 or ""
    if not looked.candidates:
        raise UserError("There are no pictures to cut.", "Choose a folder with masks.")
    return looked


def _manifest(job: PatchJob, work: PatchWork) -> PatchManifest:
    """All that is known, with the hash of every file."""
    wanted = [*job.split.shares, *sorted(set(work.division.splits.values()))]
    return PatchManifest(
        form=work.form.name,
        splits={name: work.facts_of(name) for name in dict.fromkeys(wanted)},
        cut=work.total("cut"),
        dropped=work.total("dropped"),
        padded=sum(bool(row.padded_rows or row.padded_columns) for row in work.rows),
        notes=work.notes,
        params={
            "patches": job.params.model_dump(mode="json"),
            "split": job.split.model_dump(mode="json"),
        },
        files=hashes(work.folder),
    )
