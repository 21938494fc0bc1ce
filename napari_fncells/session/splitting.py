"""The split of each picture: by names, counts and content, or as published or given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from napari_fncells.core.errors import UserError
from napari_fncells.core.name_groups import name_groups
from napari_fncells.core.params.split import SPLITS, SplitParams
from napari_fncells.core.splits import Leak, SplitPicture, assign, leaks
from napari_fncells.io.datasets.catalogue import Split
from napari_fncells.io.datasets.v1_facts import V1Facts, v1_facts, v1_facts_by_number

_TEST = "test"


@dataclass(frozen=True)
class Candidate:
    """A picture that is to get a split.

    Attributes
    ----------
    name
        Its file's name; no two are alike.
    cells
        Their number.
    identity
        Equal of pictures with the same content, such as a SHA-256; empty where it is not known.
    split
        The one it has already; empty where it has none.
    """

    name: str
    cells: int
    identity: str = ""
    split: str = ""


@dataclass(frozen=True)
class Division:
    """What goes where.

    Attributes
    ----------
    splits
        'train', 'val' or 'test' by name.
    groups
        What each picture belongs to, by name.
    notes
        What is to be known of it, in sentences.
    """

    splits: Mapping[str, str]
    groups: Mapping[str, str]
    notes: tuple[str, ...] = ()


def divide(
    candidates: Sequence[Candidate],
    params: SplitParams,
    earlier: Mapping[str, str] | None = None,
) -> Division:
    """Give each picture a split, and see to it that nothing leaks between them.

    Parameters
    ----------
    candidates
        The pictures.
    params
        How. Of a published and a given division pictures of one slice may be in several splits:
        that is told.
    earlier
        Split by name of a former division, which stays as it was.

    Raises
    ------
    UserError
        The pictures cannot be divided so, or identical ones are in different splits.
    """
    _check_names(candidates)
    known = _published(candidates) if params.by == "published" else {}
    names = {each.name: known[each.name].name if known else each.name for each in candidates}
    found = name_groups(names.values(), params)
    groups = {name: found.of[original] for name, original in names.items()}
    pictures = [
        SplitPicture(each.name, groups[each.name], each.cells, each.identity)
        for each in candidates
    ]
    if params.by == "given":
        splits = _given(candidates)
    elif params.by == "published":
        splits = _as_published(pictures, known, params, earlier)
    else:
        splits = assign(pictures, params, earlier)
    notes = (*_alone_in_words(found.alone, params), *_checked(pictures, splits, params))
    return Division(splits, groups, notes)


def _check_names(candidates: Sequence[Candidate]) -> None:
    counts = Counter(each.name for each in candidates)
    name, number = counts.most_common(1)[0] if counts else ("", 0)
    if number > 1:
        raise two_of(name)


def two_of(name: str) -> UserError:
    """The refusal of two pictures of one name."""
    return UserError(
        f"Two pictures are called {name}: their splits cannot be told apart.", "Rename one."
    )


def _given(candidates: Sequence[Candidate]) -> dict[str, str]:
    without = [each.name for each in candidates if each.split not in SPLITS]
    if without:
        raise UserError(
            f"{len(without)} pictures have no split yet, {without[0]} among them.",
            "Divide them by image, slice or animal.",
        )
    return {each.name: each.split for each in candidates}


def _published(candidates: Sequence[Candidate]) -> dict[str, V1Facts]:
    found = {
        each.name: v1_facts().get(each.name) or v1_facts_by_number().get(each.name)
        for each in candidates
    }
    unknown = [name for name, facts in found.items() if facts is None]
    if unknown:
        raise UserError(
            f"{unknown[0]} is no picture of FNC v1, whose test split was asked for "
            f"({len(unknown)} are not).",
            "Divide them by image, slice or animal.",
        )
    return {name: facts for name, facts in found.items() if facts is not None}


def _as_published(
    pictures: Sequence[SplitPicture],
    known: Mapping[str, V1Facts],
    params: SplitParams,
    earlier: Mapping[str, str] | None,
) -> dict[str, str]:
    """The authors' test pictures, and the others divided by slices."""
    test = {name for name, facts in known.items() if facts.split is Split.TEST}
    others = [picture for picture in pictures if picture.name not in test]
    kept = {name: split for name, split in (earlier or {}).items() if split != _TEST}
    rest = assign(others, params.model_copy(update={_TEST: 0.0}), kept) if others else {}
    return {
        picture.name: _TEST if picture.name in test else rest[picture.name] for picture in pictures
    }


def _checked(
    pictures: Sequence[SplitPicture], splits: Mapping[str, str], params: SplitParams
) -> tuple[str, ...]:
    """What is to be told of leaks; the worse ones are refused."""
    found = leaks(pictures, splits)
    identical = [leak for leak in found if leak.kind == "identical"]
    if identical:
        more = f" So are {len(identical) - 1} others." if len(identical) > 1 else ""
        raise UserError(
            f"{identical[0].in_words}{more}", "Remove the copies, or put them into one split."
        )
    if params.by == "image":
        # Nothing was promised of slices, but it is good to know
        by_slice = name_groups(splits, params.model_copy(update={"by": "slice"})).of
        sliced = [SplitPicture(p.name, by_slice[p.name], p.cells) for p in pictures]
        found = leaks(sliced, splits)
    return (_parted_in_words(found),) if found else ()


def _parted_in_words(found: Sequence[Leak]) -> str:
    number = len(found)
    if number == 1:
        return f"1 slice has pictures in several splits. {found[0].in_words}"
    return f"{number} slices have pictures in several splits. {found[0].in_words}"


def _alone_in_words(alone: Sequence[str], params: SplitParams) -> tuple[str, ...]:
    if not alone or params.by == "published":
        return ()
    what = {"animal": "animal", "pattern": "match"}.get(params.by, "slice")
    number = len(alone)
    if number == 1:
        return (f"The name {alone[0]} tells no {what}: it is a group of its own.",)
    return (f"{number} names tell no {what}, {alone[0]} among them: each is a group of its own.",)
