"""The pictures and channels that one file holds, and which of them was chosen."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True)
class Parts:
    """What a file holds that one may choose from.

    Parameters
    ----------
    pages
        Number of its pictures: depths, time points, pages, frames.
    channels
        Number of channels of a picture; 1 for grey and for colours.
    page_names, channel_names
        What the file calls them, as far as it does.
    """

    pages: int = 1
    channels: int = 1
    page_names: tuple[str, ...] = ()
    channel_names: tuple[str, ...] = ()

    @property
    def several(self) -> bool:
        """Whether there is anything to choose."""
        return self.pages > 1 or self.channels > 1

    def page_in_words(self, page: int) -> str:
        """What to call a page, counted from 0: by its name, else by its number from 1."""
        return _name(self.page_names, page) or f"page {page + 1} of {self.pages:,}"

    def channel_in_words(self, channel: int) -> str:
        """What to call a channel, counted from 0."""
        numbered = f"channel {channel + 1} of {self.channels:,}"
        name = _name(self.channel_names, channel)
        return f"{numbered}: {name}" if name else numbered


class Part(BaseModel):
    """Which picture of a file, and which of its channels.

    Attributes
    ----------
    page, channel
        Counted from 0; None where nothing was chosen: the only picture, all channels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    page: int | None = Field(None, ge=0)
    channel: int | None = Field(None, ge=0)


WHOLE = Parts()
"""A file of one picture."""

ALL = Part()
"""Nothing was chosen, as nothing had to be."""


def _name(names: tuple[str, ...], number: int) -> str:
    return names[number] if number < len(names) else ""
