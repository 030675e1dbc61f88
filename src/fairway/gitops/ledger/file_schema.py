"""Tables of the ledger's file."""

VERSION = 1

TABLES = """
CREATE TABLE source (source TEXT PRIMARY KEY, data BLOB NOT NULL, report BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE repository (
    source TEXT NOT NULL, id TEXT NOT NULL, label TEXT NOT NULL, url TEXT NOT NULL, revision INTEGER NOT NULL,
    listed INTEGER NOT NULL, checked INTEGER NOT NULL, excluded INTEGER NOT NULL, missing_since INTEGER,
    missed INTEGER NOT NULL, problem TEXT, last_attempt INTEGER NOT NULL, last_success INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (source, id)
) WITHOUT ROWID;
CREATE TABLE claim (
    blueprint TEXT NOT NULL, identifier TEXT NOT NULL, source TEXT NOT NULL, repository TEXT NOT NULL,
    state TEXT NOT NULL, orphaned_since INTEGER, created INTEGER NOT NULL, data BLOB NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (blueprint, identifier, source, repository)
);
CREATE INDEX claim_repository ON claim (source, repository);
CREATE INDEX claim_state ON claim (source, state, blueprint, identifier);
CREATE TABLE waiting (
    target_blueprint TEXT NOT NULL, target TEXT NOT NULL, blueprint TEXT NOT NULL, identifier TEXT NOT NULL,
    source TEXT NOT NULL, repository TEXT NOT NULL,
    PRIMARY KEY (target_blueprint, target, blueprint, identifier, source, repository)
) WITHOUT ROWID;
CREATE INDEX waiting_claim ON waiting (blueprint, identifier, source, repository);
CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE plan (id TEXT PRIMARY KEY, source TEXT NOT NULL, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE journal (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, blueprint TEXT NOT NULL,
    identifier TEXT NOT NULL, effect TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL, repository TEXT NOT NULL,
    branch TEXT NOT NULL, path TEXT NOT NULL, content BLOB NOT NULL, restored_at INTEGER
);
CREATE INDEX journal_source ON journal (source, number);
"""
