"""The bank's tables, and the marks of a bank of a special kind.

Before: `bank.vault` opens the file. After: only the modules of `bank.store` read and write these tables.
"""

VERSION = 3

SCHEMA = """
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    lineage TEXT NOT NULL UNIQUE,
    newest INTEGER NOT NULL
) STRICT;
CREATE TABLE revisions (
    number INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items (number),
    rev INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state = 'draft' OR state = 'in-review' OR state = 'approved' OR state = 'retired'),
    id TEXT NOT NULL,
    content BLOB NOT NULL,
    type TEXT NOT NULL,
    chapter TEXT NOT NULL,
    level TEXT NOT NULL,
    p4 INTEGER CHECK (p4 BETWEEN 1 AND 10000),
    code TEXT NOT NULL,
    about BLOB NOT NULL,
    written_by TEXT NOT NULL,
    written_at TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    UNIQUE (item, rev)
) STRICT;
CREATE INDEX revisions_by_id ON revisions (id);
CREATE UNIQUE INDEX one_in_force ON revisions (item) WHERE state = 'approved';
CREATE TABLE answer_keys (
    revision INTEGER PRIMARY KEY REFERENCES revisions (number),
    record TEXT NOT NULL,
    explanation TEXT NOT NULL,
    salt TEXT NOT NULL
) STRICT;
CREATE TABLE backgrounds (sha256 TEXT PRIMARY KEY, record BLOB NOT NULL) STRICT;
CREATE TABLE calibrations (
    revision INTEGER PRIMARY KEY REFERENCES revisions (number),
    p4 INTEGER NOT NULL CHECK (p4 BETWEEN 1 AND 10000),
    responses INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE acts (
    number INTEGER PRIMARY KEY,
    revision INTEGER REFERENCES revisions (number),
    act TEXT NOT NULL,
    who TEXT NOT NULL,
    at TEXT NOT NULL,
    remarks TEXT NOT NULL,
    statement BLOB NOT NULL,
    head TEXT NOT NULL
) STRICT;
CREATE INDEX acts_by_revision ON acts (revision);
CREATE TABLE media (sha256 TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE exposure (
    item INTEGER NOT NULL REFERENCES items (number),
    session TEXT NOT NULL,
    site TEXT NOT NULL,
    candidates INTEGER NOT NULL CHECK (candidates >= 0),
    day TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (item, session, site)
) STRICT, WITHOUT ROWID;
CREATE TABLE marks (
    item INTEGER NOT NULL REFERENCES items (number),
    package TEXT NOT NULL,
    session TEXT NOT NULL,
    site TEXT NOT NULL,
    until TEXT NOT NULL,
    PRIMARY KEY (item, package)
) STRICT, WITHOUT ROWID;
CREATE TABLE slices (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    statement BLOB NOT NULL,
    acceptance BLOB NOT NULL,
    items INTEGER NOT NULL,
    withdrawal BLOB NOT NULL
) STRICT;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(
    text, content = '', contentless_delete = 1, detail = 'none', tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE trigrams USING fts5vocab('search', 'instance');
INSERT INTO search (search, rank) VALUES ('hashsize', 67108864)
"""
SAMPLE = "; INSERT INTO meta VALUES ('sample', '1')"
"""Added to the schema of a bank of samples. Nothing writes this mark afterwards."""
PRACTICE = "; INSERT INTO meta VALUES ('practice', '1')"
"""The same for a bank that candidates practise from."""

# Few columns and few rows: with memory wiped after use, each value costs more to bind than to write (20,000 items: 1 s
# without wiping, several with it). So all that is said about an item is one canonical JSON value
# (`bank.authoring.review.about`), the columns beside it being what is searched by; and who first wrote a revision
# stands in its row.
# Rows are keyed by running numbers, not by digests: inserting in random order rewrote every page many times. No IN with
# three or more values: SQLite builds a table for it at every row. The index of trigrams holds no text and is filled
# from memory in one piece (20,000 items: 1.6 s; 2.1 s and three times the size with positions).
