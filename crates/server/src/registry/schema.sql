-- The registry of models, version 1 (`PRAGMA user_version`). docs/registry.md has the rules.
-- Everything here is understood by SQLite 3.9 of 2015 and later, so that old programs read it, too.
CREATE TABLE names (
  name TEXT NOT NULL PRIMARY KEY CHECK (
    length(name) BETWEEN 1 AND 100 AND name NOT GLOB '*[^-_.A-Za-z0-9]*' AND name NOT GLOB '.*'),
  last_version INTEGER NOT NULL DEFAULT 0 CHECK (typeof(last_version) = 'integer')
);
CREATE TABLE models (
  name TEXT NOT NULL REFERENCES names (name),
  version INTEGER NOT NULL CHECK (typeof(version) = 'integer' AND version >= 1),
  alias TEXT,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  schema TEXT NOT NULL CHECK (json_valid(schema)),
  metrics TEXT CHECK (metrics IS NULL OR json_valid(metrics)),
  created TEXT NOT NULL,
  tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
  notes TEXT NOT NULL DEFAULT '',
  card TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(card)),
  -- The last column: what stands behind a large one is slow to reach.
  artifact BLOB NOT NULL CHECK (typeof(artifact) = 'blob'),
  PRIMARY KEY (name, version)
);
CREATE TABLE aliases (
  name TEXT NOT NULL,
  alias TEXT NOT NULL CHECK (
    length(alias) BETWEEN 1 AND 100 AND alias NOT GLOB '*[^-_.A-Za-z0-9]*' AND alias GLOB '*[^0-9]*'),
  version INTEGER NOT NULL,
  PRIMARY KEY (name, alias),
  FOREIGN KEY (name, version) REFERENCES models (name, version)
);
CREATE TABLE history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
  at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  event TEXT NOT NULL CHECK (event IN ('added', 'promoted', 'rolled_back', 'alias_removed',
    'tagged', 'untagged', 'noted', 'described')),
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  alias TEXT,
  from_version INTEGER,
  what TEXT,
  who TEXT NOT NULL,
  why TEXT NOT NULL,
  FOREIGN KEY (name, version) REFERENCES models (name, version)
);

-- The history is only ever added to. INSERT OR REPLACE would delete a row without DELETE.
CREATE TRIGGER history_stays BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'The history is only ever added to.'); END;
CREATE TRIGGER history_is_kept BEFORE DELETE ON history
BEGIN SELECT RAISE(ABORT, 'The history is only ever added to.'); END;
CREATE TRIGGER history_is_added_to BEFORE INSERT ON history
WHEN EXISTS (SELECT 1 FROM history WHERE id = NEW.id OR uid = NEW.uid)
BEGIN SELECT RAISE(ABORT, 'The history is only ever added to.'); END;
CREATE TRIGGER history_is_in_order AFTER INSERT ON history
WHEN NEW.id < (SELECT max(id) FROM history)
BEGIN SELECT RAISE(ABORT, 'The history is only ever added to at its end.'); END;
CREATE TRIGGER history_is_of_versions BEFORE INSERT ON history
WHEN NOT EXISTS (SELECT 1 FROM models WHERE name = NEW.name AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'There is no such version.'); END;

-- A name is kept, and its numbers only grow.
CREATE TRIGGER names_are_new BEFORE INSERT ON names
WHEN EXISTS (SELECT 1 FROM names WHERE name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'There is such a name.'); END;
CREATE TRIGGER names_stay BEFORE UPDATE OF name ON names
BEGIN SELECT RAISE(ABORT, 'A name does not change.'); END;
CREATE TRIGGER names_are_kept BEFORE DELETE ON names
BEGIN SELECT RAISE(ABORT, 'A name is kept.'); END;
CREATE TRIGGER last_version_grows BEFORE UPDATE OF last_version ON names
WHEN NEW.last_version < OLD.last_version
BEGIN SELECT RAISE(ABORT, 'A version number is never used again.'); END;

-- A version is new, is kept and does not change.
CREATE TRIGGER versions_are_new BEFORE INSERT ON models
WHEN NOT EXISTS (SELECT 1 FROM names WHERE name = NEW.name AND last_version < NEW.version)
BEGIN SELECT RAISE(ABORT, 'A version number is never used again.'); END;
CREATE TRIGGER versions_are_counted AFTER INSERT ON models
BEGIN UPDATE names SET last_version = NEW.version WHERE name = NEW.name; END;
CREATE TRIGGER versions_stay
BEFORE UPDATE OF name, version, artifact, digest, schema, metrics, created ON models
BEGIN SELECT RAISE(ABORT, 'A version does not change; add a new one.'); END;
CREATE TRIGGER versions_are_kept BEFORE DELETE ON models
BEGIN SELECT RAISE(ABORT, 'A version is kept.'); END;

-- An alias goes where the last row of the history about it says.
CREATE TRIGGER alias_is_told BEFORE INSERT ON aliases
WHEN NEW.version IS NOT (SELECT CASE WHEN event <> 'alias_removed' THEN version END FROM history
  WHERE name = NEW.name AND alias = NEW.alias ORDER BY id DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'Write to the history first where the alias goes.'); END;
CREATE TRIGGER alias_move_is_told BEFORE UPDATE ON aliases
WHEN NEW.name <> OLD.name OR NEW.alias <> OLD.alias OR NEW.version IS NOT (
  SELECT CASE WHEN event <> 'alias_removed' THEN version END FROM history
  WHERE name = NEW.name AND alias = NEW.alias ORDER BY id DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'Write to the history first where the alias goes.'); END;
CREATE TRIGGER alias_end_is_told BEFORE DELETE ON aliases
WHEN 'alias_removed' IS NOT (SELECT event FROM history
  WHERE name = OLD.name AND alias = OLD.alias ORDER BY id DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'Write to the history first that the alias is removed.'); END;

-- The column `alias` of a version lists what points to it.
CREATE TRIGGER alias_set AFTER INSERT ON aliases
BEGIN
  UPDATE models SET alias = (SELECT group_concat(alias) FROM (
    SELECT a.alias FROM aliases a WHERE a.name = models.name AND a.version = models.version ORDER BY a.alias))
  WHERE name = NEW.name AND (alias IS NOT NULL OR version = NEW.version);
END;
CREATE TRIGGER alias_moved AFTER UPDATE ON aliases
BEGIN
  UPDATE models SET alias = (SELECT group_concat(alias) FROM (
    SELECT a.alias FROM aliases a WHERE a.name = models.name AND a.version = models.version ORDER BY a.alias))
  WHERE name = NEW.name AND (alias IS NOT NULL OR version = NEW.version);
END;
CREATE TRIGGER alias_dropped AFTER DELETE ON aliases
BEGIN
  UPDATE models SET alias = (SELECT group_concat(alias) FROM (
    SELECT a.alias FROM aliases a WHERE a.name = models.name AND a.version = models.version ORDER BY a.alias))
  WHERE name = OLD.name AND version = OLD.version;
END;
