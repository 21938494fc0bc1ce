"""The tables of a journal, format 2.

A change of a table needs a new `FORMAT`; files of every older format must go on opening. They are
read as they are, and brought to the newest format by the first write, in the same transaction.
"""

from __future__ import annotations

APPLICATION_ID = 0x464E434C  # "FNCL"
FORMAT = 2

_FIRST: dict[str, str] = {
    "meta": "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "edit": (
        "CREATE TABLE edit (seq INTEGER PRIMARY KEY, action TEXT NOT NULL, kind TEXT NOT NULL, "
        "summary TEXT NOT NULL, details TEXT NOT NULL, continues INTEGER NOT NULL, "
        "reverts INTEGER, time TEXT NOT NULL, author TEXT NOT NULL, objects TEXT NOT NULL, "
        "prev_hash BLOB NOT NULL, hash BLOB NOT NULL)"
    ),
    "patch": (
        "CREATE TABLE patch (seq INTEGER NOT NULL, n INTEGER NOT NULL, top INTEGER NOT NULL, "
        "left INTEGER NOT NULL, bottom INTEGER NOT NULL, right INTEGER NOT NULL, "
        "dtype TEXT NOT NULL, before BLOB NOT NULL, after BLOB NOT NULL, "
        "PRIMARY KEY (seq, n)) WITHOUT ROWID"
    ),
    "tile": "CREATE TABLE tile (digest BLOB PRIMARY KEY, dtype TEXT NOT NULL, data BLOB NOT NULL)",
    "snapshot": (
        "CREATE TABLE snapshot (sequence INTEGER PRIMARY KEY, time TEXT NOT NULL, "
        "dtype TEXT NOT NULL, tiles BLOB NOT NULL, objects BLOB NOT NULL, hash BLOB NOT NULL)"
    ),
    "visit": (
        "CREATE TABLE visit (id TEXT PRIMARY KEY, started TEXT NOT NULL, author TEXT NOT NULL, "
        "active REAL NOT NULL, facts TEXT NOT NULL)"
    ),
}

_PLANE = "plane TEXT NOT NULL DEFAULT 'cells'"
_IGNORED = "ignored BLOB NOT NULL DEFAULT x''"
_NOTE = "note TEXT NOT NULL DEFAULT ''"

# As SQLite itself writes them when it adds the columns: new and upgraded journals are alike
TABLES: dict[str, str] = _FIRST | {
    "patch": _FIRST["patch"].replace(", PRIMARY KEY", f", {_PLANE}, PRIMARY KEY"),
    "snapshot": f"{_FIRST['snapshot'][:-1]}, {_IGNORED}, {_NOTE})",
}

TABLES_OF: dict[int, dict[str, str]] = {1: _FIRST, 2: TABLES}
"""Tables of each format that can be read."""

UPGRADES: dict[int, tuple[str, ...]] = {
    1: (
        f"ALTER TABLE patch ADD COLUMN {_PLANE}",
        f"ALTER TABLE snapshot ADD COLUMN {_IGNORED}",
        f"ALTER TABLE snapshot ADD COLUMN {_NOTE}",
        "PRAGMA user_version=2",
    ),
}
"""What makes a file of a format one of the next."""

EDIT_COLUMNS = (
    "seq, action, kind, summary, details, continues, reverts, time, author, objects, "
    "prev_hash, hash"
)
PATCH_COLUMNS = "seq, n, top, left, bottom, right, dtype, before, after, plane"
SNAPSHOT_COLUMNS = "sequence, time, dtype, tiles, objects, hash, ignored, note"

PATCH_COLUMNS_OF = {1: PATCH_COLUMNS.replace("plane", "'cells'"), 2: PATCH_COLUMNS}
SNAPSHOT_COLUMNS_OF = {
    1: SNAPSHOT_COLUMNS.replace("ignored, note", "x'', ''"),
    2: SNAPSHOT_COLUMNS,
}
"""How they are read from a file of each format."""

INSERT_EDIT = f"INSERT INTO edit ({EDIT_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
INSERT_PATCH = f"INSERT INTO patch ({PATCH_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)"
INSERT_META = (
    "INSERT INTO meta (key, value) VALUES (?, ?) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
INSERT_VISIT = (
    "INSERT INTO visit (id, started, author, active, facts) VALUES (?,?,?,?,?) "
    "ON CONFLICT (id) DO UPDATE SET active = excluded.active, facts = excluded.facts"
)
INSERT_TILE = "INSERT OR IGNORE INTO tile (digest, dtype, data) VALUES (?,?,?)"
INSERT_SNAPSHOT = f"INSERT OR REPLACE INTO snapshot ({SNAPSHOT_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)"
