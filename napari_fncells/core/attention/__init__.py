"""The attention check: errors planted under a draft, to learn what share of them is found.

How no file can ever hold one. Two ways were weighed. A layer of presentation, merged with the
document on the screen alone, would leave the document clean; but every gesture, key, overlay,
count and table reads the document, so each of them would have had to know of a second truth, and
a gesture that was forgotten would have told which cells are planted. So it is the other way
round: the plants are edits of a kind of their own in the document and its journal, and what is
planted is told by the object itself: `Origin.PLANT` for a false cell (the pieces of one that is
cut inherit it), `Origin.HIDDEN` for a drafted cell taken out, which keeps its footprint.
A snapshot, a prefix of the journal after a kill, an undo and a salvaged journal hold the
objects, so that none of these needs to find the edit that planted them. `clean.CleanMask` works
out the mask as if nothing had been planted, and is the only thing that files are made from: the
working files, the snapshot for exports, and the layer that napari's own writers are given.

Undo: planting continues the draft beneath it and has its summary, so that the two come and go
together. Taking out at the end is a step like any other; whoever undoes it has the errors on the
screen again, known as missed and still in no file.
"""
