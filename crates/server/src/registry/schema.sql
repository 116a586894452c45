-- The registry of models, version 1 (`PRAGMA user_version`). docs/registry.md has the rules.
CREATE TABLE names (
  name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
  last_version INTEGER NOT NULL DEFAULT 0,
  tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
  card TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(card))
) STRICT;
CREATE TABLE models (
  name TEXT NOT NULL REFERENCES names (name),
  version INTEGER NOT NULL CHECK (version >= 1),
  alias TEXT,
  artifact BLOB NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  schema TEXT NOT NULL CHECK (json_valid(schema)),
  metrics TEXT CHECK (json_valid(metrics)),
  created TEXT NOT NULL,
  notes TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (name, version)
) STRICT;
CREATE TABLE aliases (
  name TEXT NOT NULL,
  alias TEXT NOT NULL CHECK (length(alias) BETWEEN 1 AND 100 AND instr(alias, ',') = 0 AND alias GLOB '*[^0-9]*'),
  version INTEGER NOT NULL,
  PRIMARY KEY (name, alias),
  FOREIGN KEY (name, version) REFERENCES models (name, version)
) STRICT;
CREATE TABLE history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
  at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  event TEXT NOT NULL CHECK (event IN ('added', 'promoted', 'rolled_back')),
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  alias TEXT,
  from_version INTEGER,
  who TEXT NOT NULL,
  why TEXT NOT NULL,
  FOREIGN KEY (name, version) REFERENCES models (name, version)
) STRICT;
CREATE TRIGGER history_stays BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'The history is only ever added to.'); END;
CREATE TRIGGER history_is_kept BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'The history is only ever added to.'); END;
CREATE TRIGGER versions_are_new BEFORE INSERT ON models
WHEN NEW.version <= (SELECT last_version FROM names WHERE name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'A version number is never used again.'); END;
CREATE TRIGGER versions_are_counted AFTER INSERT ON models
BEGIN UPDATE names SET last_version = NEW.version WHERE name = NEW.name; END;
CREATE TRIGGER last_version_grows BEFORE UPDATE OF last_version ON names
WHEN NEW.last_version < OLD.last_version
BEGIN SELECT RAISE(ABORT, 'A version number is never used again.'); END;
CREATE TRIGGER versions_stay
BEFORE UPDATE OF name, version, artifact, digest, schema, metrics, created ON models
BEGIN SELECT RAISE(ABORT, 'A version does not change; add a new one.'); END;
CREATE TRIGGER alias_set AFTER INSERT ON aliases
BEGIN
  UPDATE models SET alias = (SELECT group_concat(a.alias, ',' ORDER BY a.alias) FROM aliases a
    WHERE a.name = models.name AND a.version = models.version)
  WHERE name = NEW.name AND version = NEW.version;
END;
CREATE TRIGGER alias_moved AFTER UPDATE ON aliases
BEGIN
  UPDATE models SET alias = (SELECT group_concat(a.alias, ',' ORDER BY a.alias) FROM aliases a
    WHERE a.name = models.name AND a.version = models.version)
  WHERE name IN (OLD.name, NEW.name) AND version IN (OLD.version, NEW.version);
END;
CREATE TRIGGER alias_dropped AFTER DELETE ON aliases
BEGIN
  UPDATE models SET alias = (SELECT group_concat(a.alias, ',' ORDER BY a.alias) FROM aliases a
    WHERE a.name = models.name AND a.version = models.version)
  WHERE name = OLD.name AND version = OLD.version;
END;
