"""Queries say what the model says: run by SQLite, DuckDB and PostgreSQL, with gaps and levels never seen."""

import csv
import io
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import duckdb
import pytest
from conftest import BINARY
from test_code import COLUMNS, Case, catalogue, write_table

NUMBERS = ("length", "width")
# What no query is written for; the command must say so in words.
REFUSED = {"knn", "svm", "svr", "gaussian_process", "dbscan", "hdbscan", "agglomerative", "gaussian_mixture",
           "lof", "isolation_forest", "pca", "tsne", "umap"}


# A query holds small nets, and SQLite's parser no deep trees.
SMALL = {"mlp": ["-p", "hidden_layer_sizes=8"]} | {
    forest: ["-p", "max_depth=10", "-p", "n_estimators=30"] for forest in ("random_forest", "extra_trees")
}


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def cells(row):
    """A gap is NULL among numbers and an empty text among words."""
    return [None if name in NUMBERS and text == "" else float(text) if name in NUMBERS else text
            for name, text in zip(COLUMNS, row)]


def table_of(double, text):
    columns = [f"{quoted(name)} {double if name in NUMBERS else text}" for name in COLUMNS]
    return f"CREATE TABLE input ({', '.join(columns)})"


def in_sqlite(case, query):
    database = sqlite3.connect(":memory:")
    database.execute(table_of("REAL", "TEXT"))
    database.executemany("INSERT INTO input VALUES (?, ?, ?, ?)", [cells(row) for row in case.rows])
    return database.execute(query).fetchall()


def in_duckdb(case, query):
    database = duckdb.connect()
    database.execute(table_of("DOUBLE", "VARCHAR"))
    database.executemany("INSERT INTO input VALUES (?, ?, ?, ?)", [cells(row) for row in case.rows])
    return database.execute(query).fetchall()


class PostgreSql:
    """A server of its own in a folder of its own, reached by a socket in it."""

    def __init__(self):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        self.bin = programs[-1] if programs else Path(shutil.which("initdb")).parent
        self.folder = Path(tempfile.mkdtemp(prefix="handlens-pg-"))
        # The server refuses to be run by root.
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.before = ["runuser", "-u", self.user, "--"] if os.geteuid() == 0 else []
        shutil.chown(self.folder, self.user)
        self.run("initdb", "-D", self.folder / "data", "-U", "handlens", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log",
                 "-o", f"-k {self.folder} -c listen_addresses= -c fsync=off", "start")

    def run(self, program, *arguments, stdin=None):
        command = [*self.before, self.bin / program, *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=program == "psql", text=True, cwd="/")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, sql):
        return self.run("psql", "-h", self.folder, "-U", "handlens", "-d", "postgres", "-q", "--csv", "-t",
                        "-v", "ON_ERROR_STOP=1", "-f", "-", stdin=sql)

    def stop(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def postgresql():
    server = PostgreSql()
    yield server
    server.stop()


def in_postgresql(server):
    def run(case, query):
        rows = io.StringIO()
        for row in case.rows:
            texts = ["" if cell is None else f'"{cell}"'.replace('""', '""') if isinstance(cell, str) else repr(cell) for cell in cells(row)]
            quotes = [t if not t.startswith('"') else '"' + t[1:-1].replace('"', '""') + '"' for t in texts]
            rows.write(",".join(quotes) + "\n")
        sql = f"DROP TABLE IF EXISTS input; {table_of('double precision', 'text')};\nCOPY input FROM STDIN (FORMAT csv);\n{rows.getvalue()}\\.\n{query}"
        answers = csv.reader(io.StringIO(server.ask(sql)))
        return [[cell if cell != "" else None for cell in answer] for answer in answers]

    return run


def check(case, form, run, tolerance):
    query = case.export(form, "query.sql").read_text(encoding="utf-8")
    answers = run(case, query)
    # The number of the row and all columns of the table stand in front.
    at = 1 + len(COLUMNS)
    assert [int(row[0]) for row in answers] == list(range(1, len(case.rows) + 1))
    case.check([None if row[at] is None else (row[at], row[at + 1:]) for row in answers], tolerance)


def tolerance_of(algorithm):
    # Nets learn with 32 bits, and databases compute with 64.
    return 2e-5 if algorithm == "mlp" else 1e-9


def every_algorithm(handlens, form, run):
    for algorithm, task in catalogue(handlens):
        small = SMALL.get(algorithm, [])
        case = Case(handlens, algorithm, task, *small, is_asked=algorithm not in REFUSED)
        if algorithm in REFUSED:
            said = subprocess.run([BINARY, "export", case.model, "--to", form], capture_output=True, text=True)
            assert said.returncode == 1 and "source code" in said.stderr, said.stderr
        else:
            check(case, form, run, tolerance_of(algorithm))


def test_sqlite(handlens):
    every_algorithm(handlens, "sqlite", in_sqlite)


def test_duckdb(handlens):
    every_algorithm(handlens, "duckdb", in_duckdb)


def test_postgresql(handlens, postgresql):
    every_algorithm(handlens, "postgresql", in_postgresql(postgresql))


@pytest.mark.parametrize(
    "steps",
    [
        ["impute=drop_rows", "impute_category=drop_rows", "encode=dummy"],
        ["encode=ordinal", "impute_category=constant", "unseen=most_frequent", "scale=none"],
        ["encode=target", "expand=polynomial", "scale=robust", "max_levels=2"],
    ],
)
@pytest.mark.parametrize("algorithm", ["linear", "tree"])
def test_every_way_of_preparing_columns(handlens, algorithm, steps):
    options = [part for step in steps for part in ("-p", step)]
    case = Case(handlens, algorithm, "regression", *options)
    check(case, "sqlite", in_sqlite, 1e-9)
    check(case, "duckdb", in_duckdb, 1e-9)


def test_kept_gaps(handlens):
    case = Case(handlens, "hist_gradient_boosting", "classification", "-p", "impute=keep", "-p", "impute_category=keep")
    check(case, "sqlite", in_sqlite, 1e-9)
    check(case, "duckdb", in_duckdb, 1e-9)


def test_what_a_query_cannot_do_is_said(handlens):
    deep = Case(handlens, "extra_trees", "regression", is_asked=False)
    said = subprocess.run([BINARY, "export", deep.model, "--to", "sqlite"], capture_output=True, text=True)
    assert said.returncode == 1 and "max_depth" in said.stderr, said.stderr
    net = Case(handlens, "mlp", "regression", "-p", "hidden_layer_sizes=100,100", is_asked=False)
    said = subprocess.run([BINARY, "export", net.model, "--to", "duckdb"], capture_output=True, text=True)
    assert said.returncode == 1 and "weights" in said.stderr, said.stderr


FORMS = [("sqlite", in_sqlite), ("duckdb", in_duckdb)]


def answers_of(form, run, case, rows):
    case.rows = rows
    return [row[1 + len(COLUMNS)] for row in run(case, case.export(form, "query.sql").read_text(encoding="utf-8"))]


def in_every_database(postgresql):
    return [*FORMS, ("postgresql", in_postgresql(postgresql))]


def test_what_is_no_number_is_a_gap_or_has_no_answer(handlens, postgresql):
    case = Case(handlens, "linear", "regression", is_asked=False)
    rows = [["20", width, "red", "true"] for width in ("", "nan", "inf", "-inf")]
    for form, run in in_every_database(postgresql):
        gap, nan, *infinite = answers_of(form, run, case, rows)
        assert gap is not None and float(gap) == float(nan), form
        assert infinite == [None, None], form


def test_space_around_a_level_is_none_of_it(handlens, postgresql):
    case = Case(handlens, "linear", "regression", is_asked=False)
    rows = [["20", "0.5", color, "true"] for color in ("grün", " grün", "grün\t", "\u00a0grün\u3000", "RED")]
    for form, run in in_every_database(postgresql):
        plain, *padded, unseen = [float(answer) for answer in answers_of(form, run, case, rows)]
        assert padded == [plain] * 3 and unseen != plain, form


def test_words_among_numbers_have_no_answer_in_sqlite(handlens):
    case = Case(handlens, "linear", "regression", is_asked=False)
    query = case.export("sqlite", "query.sql").read_text(encoding="utf-8")
    database = sqlite3.connect(":memory:")
    database.execute(table_of("TEXT", "TEXT"))
    texts = ["0.5", " 5e-1 ", "NA", "", "abc", "1,5", "inf"]
    database.executemany("INSERT INTO input VALUES ('20', ?, 'red', 'true')", [(text,) for text in texts])
    half, again, mark, gap, *useless = [row[1 + len(COLUMNS)] for row in database.execute(query)]
    assert half == again and mark == gap and useless == [None] * 3


def test_columns_that_the_model_does_not_read_stay(handlens):
    case = Case(handlens, "linear", "regression", is_asked=False)
    query = case.export("duckdb", "query.sql").read_text(encoding="utf-8")
    database = duckdb.connect()
    database.execute(table_of("DOUBLE", "VARCHAR"))
    database.execute("INSERT INTO input VALUES (20, 0.5, 'red', 'true')")
    database.execute("ALTER TABLE input ADD COLUMN own_key INTEGER DEFAULT 7")
    answer = database.execute(query)
    names = [column[0] for column in answer.description]
    assert dict(zip(names, answer.fetchone()))["own_key"] == 7


def test_more_columns_than_a_database_has_are_refused(handlens):
    names = [f"c{at}" for at in range(1100)]
    rows = [[(row * 7 + at * 3) % 11 for at in range(1100)] + [row] for row in range(30)]
    write_table(handlens.folder / "wide.csv", [*names, "y"], rows)
    model = handlens.train("wide.csv", "ridge", target="y")
    for form in ("sqlite", "postgresql"):
        said = subprocess.run([BINARY, "export", model, "--to", form], capture_output=True, text=True)
        assert said.returncode == 1 and "columns" in said.stderr, said.stderr
    handlens.run("export", model, "--to", "duckdb", "--out", "wide.sql")
