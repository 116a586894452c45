"""Exported source code says what the model says: compiled and run, on rows with gaps and with levels never seen."""

import csv
import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import parity
import pytest
from conftest import Handlens

DRIVERS = Path(__file__).parent / "drivers"
COLUMNS = ["length", "width", 'color "raw"', "is_old"]
N_ASKED = 1000

# What a row of an answer looks like in languages that print it themselves.
SHOW_RUST = {
    "classification": 'std::iter::once(answer.prediction.to_owned()).chain(answer.probabilities.iter().map(|p| format!("{p:?}"))).collect::<Vec<_>>().join("\\t")',
    "regression": 'format!("{:?}", answer.prediction)',
    "clustering": "answer.prediction",
    "projection": 'answer.coordinates.iter().map(|p| format!("{p:?}")).collect::<Vec<_>>().join("\\t")',
    "anomaly": 'format!("{}\\t{:?}", answer.prediction, answer.score)',
}
NUMBERS_JAVA = 'java.util.Arrays.stream({}).mapToObj(Double::toString).collect(java.util.stream.Collectors.joining("\\t"))'
SHOW_JAVA = {
    "classification": 'answer.prediction() + "\\t" + ' + NUMBERS_JAVA.format("answer.probabilities()"),
    "regression": "Double.toString(answer.prediction())",
    "clustering": "Integer.toString(answer.prediction())",
    "projection": NUMBERS_JAVA.format("answer.coordinates()"),
    "anomaly": 'answer.prediction() + "\\t" + answer.score()',
}


def make_rows(seed, n, is_asked):
    """Numbers, words, yes and no; gaps, and when asked also levels that training did not have."""
    random.seed(seed)
    rows = []
    for _ in range(n):
        color = random.choice(["red", "grün", "<blue>", "say \\\"hi\\\" ?? */"])
        length, width = random.gauss(20, 4), random.random()
        score = length / 4 - 3 * width + (color == "red")
        if is_asked and random.random() < 0.05:
            color = random.choice(["never seen", "RED", " red"])
        cells = [f"{length:.2f}", repr(width), color, random.choice(["true", "false"])]
        cells = ["" if random.random() < 0.05 else cell for cell in cells]
        kind = "a" if score < 3.5 else "bé" if score < 4.6 else "c\"'"
        rows.append(cells + ([] if is_asked else [repr(3 * score + random.gauss(0, 1)), kind]))
    return rows


def write_table(path, names, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])


def catalogue(handlens):
    listed = handlens.json("algorithms")
    return [(a["id"], task) for a in listed for task in a["tasks"]]


TARGETS = {"classification": "kind", "regression": "grams"}


class Case:
    """A trained model, rows to ask it about, and what it says of them."""

    def __init__(self, handlens, algorithm, task, *options, is_asked=True, rows=None, train=None, ignored=(), test_size=0):
        self.folder, self.algorithm, self.task = handlens.folder, algorithm, task
        self.outlet = None
        write_table(self.folder / "train.csv", [*COLUMNS, "grams", "kind"], train or make_rows(1, 250, False))
        self.rows = rows or make_rows(2, N_ASKED, True)
        write_table(self.folder / "asked.csv", COLUMNS, self.rows)
        self.handlens, self.model = handlens, self.folder / "model.safetensors"
        target = ["--target", TARGETS[task]] if task in TARGETS else []
        unused = [name for name in ("grams", "kind", *ignored) if name != TARGETS.get(task)]
        recipe = {"columns": {name: {"role": "ignore"} for name in unused}}
        (self.folder / "recipe.json").write_text(json.dumps(recipe))
        handlens.run("train", "train.csv", "--algorithm", algorithm, "--task", task, *target, "--test-size", test_size,
                     "--recipe", "recipe.json", *options, "--out", self.model)
        self.expected = handlens.predict(self.model, "asked.csv") if is_asked else []
        self.labels = handlens.json("inspect", self.model)["labels"]
        self.names = [i["name"] for i in handlens.json("inspect", self.model)["inputs"]]

    def export(self, to, name):
        self.outlet = to
        self.handlens.run("export", self.model, "--to", to, "--out", name)
        return self.folder / name

    def records(self):
        """As programs of a dynamic language hold rows: numbers as numbers, gaps as null."""
        def value(name, text):
            return None if text == "" else float(text) if name in ("length", "width") else text
        return [{n: value(n, t) for n, t in zip(COLUMNS, row)} for row in self.rows]

    def lines(self):
        place = [COLUMNS.index(name) for name in self.names]
        return "".join("\t".join(row[at] for at in place) + "\n" for row in self.rows)

    def check(self, answers, tolerance):
        """`answers`: for each row its prediction and numbers, as text or numbers; or None."""
        assert len(answers) == len(self.expected) == len(self.rows)
        differing, largest = [], 0.0
        for answer, said in zip(answers, self.expected):
            words = list(said.values())
            if words[0] == "NA":
                assert answer is None
                continue
            prediction, numbers = answer
            if self.task == "regression":
                numbers = [prediction]
            elif self.task != "projection":
                label = str(prediction).lower() if self.task == "anomaly" else str(prediction)
                if label != words[0]:
                    differing.append((answer, said))
                words = words[1:]
            assert len(numbers) == len(words), (answer, said)
            gaps = [parity.difference(float(word), float(number)) for word, number in zip(words, numbers)]
            # What is not a number is no less than anything.
            assert all(gap <= tolerance for gap in gaps), (answer, said)
            largest = max([largest, *gaps])
        parity.record(f"{self.algorithm}, {self.task}", self.outlet, len(answers), len(differing), largest)
        assert not differing, differing[:3]

    def from_lines(self, text, is_coded=False):
        """Answers printed as lines; `is_coded` where a class is its place."""
        def answer(line):
            if line == "none":
                return None
            first, *rest = line.split("\t")
            if self.task == "projection":
                return None, [first, *rest]
            if is_coded and self.task == "classification":
                first = self.labels[int(float(first))]
            if is_coded and self.task == "clustering":
                first = int(float(first))
            if is_coded and self.task == "anomaly":
                first = first == "1"
            return first, rest
        return [answer(line) for line in text.splitlines()]


def run(command, stdin, folder):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=folder, encoding="utf-8")
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def python(case, tolerance):
    module = case.export("python", "model.py")
    case.check(json.loads(run([sys.executable, DRIVERS / "driver.py", module], json.dumps(case.records()), case.folder)), tolerance)


def javascript(case, tolerance):
    module = case.export("javascript", "model.mjs")
    case.check(json.loads(run(["node", DRIVERS / "driver.mjs", module], json.dumps(case.records()), case.folder)), tolerance)


def rust(case, tolerance):
    case.export("rust", "model.rs")
    driver = (DRIVERS / "driver.rs").read_text().replace("SHOW", SHOW_RUST[case.task])
    (case.folder / "main.rs").write_text(driver)
    run(["rustc", "--edition", "2021", "-C", "opt-level=0", "-D", "warnings", "main.rs"], "", case.folder)
    case.check(case.from_lines(run(["./main"], case.lines(), case.folder)), tolerance)


def c(case, tolerance):
    case.export("c", "model.c")
    (case.folder / "driver.c").write_text((DRIVERS / "driver.c").read_text())
    run(["gcc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "driver.c", "-o", "driver", "-lm"], "", case.folder)
    case.check(case.from_lines(run(["./driver"], case.lines(), case.folder), is_coded=True), tolerance)


def java(case, tolerance):
    case.export("java", "HandlensModel.java")
    driver = (DRIVERS / "Driver.java").read_text().replace("SHOW", SHOW_JAVA[case.task])
    (case.folder / "Driver.java").write_text(driver)
    run(["javac", "-encoding", "UTF-8", "Driver.java", "HandlensModel.java"], "", case.folder)
    names = "\t".join(case.names) + "\n"
    out = run(["java", "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "Driver"], names + case.lines(), case.folder)
    case.check(case.from_lines(out), tolerance)


# Nets compute with 32 bits and their code with 64.
def tolerance_of(algorithm):
    return 2e-5 if algorithm == "mlp" else 1e-9


def test_every_algorithm_in_every_language(handlens, tmp_path):
    def check(place):
        algorithm, task = place
        folder = tmp_path / f"{algorithm}-{task}"
        folder.mkdir()
        case = Case(Handlens(folder), algorithm, task)
        for language in (python, javascript, rust, c, java):
            language(case, tolerance_of(algorithm))

    # Compilers are waited for side by side.
    with ThreadPoolExecutor(max_workers=2) as pool:
        assert len(list(pool.map(check, catalogue(handlens)))) > 30


@pytest.mark.parametrize("language", [python, javascript, rust, c, java])
def test_kept_gaps_and_dropped_rows(handlens, language):
    keeps = ["-p", "impute=keep", "-p", "impute_category=keep", "-p", "encode=ordinal"]
    language(Case(handlens, "hist_gradient_boosting", "classification", *keeps), 1e-9)
    drops = ["-p", "impute=drop_rows", "-p", "impute_category=drop_rows", "-p", "encode=dummy", "-p", "expand=spline"]
    language(Case(handlens, "linear", "regression", *drops), 1e-9)


def test_bad_cells_are_refused_in_words(handlens):
    case = Case(handlens, "linear", "regression", "-p", "unseen=refuse", is_asked=False)
    module = case.export("python", "model.py")
    row = {"length": "20", "width": "0.5", 'color "raw"': "red", "is_old": "true"}
    for change, words in [({"width": "wide"}, "needs a number"), ({"width": "inf"}, "needs a number"), ({'color "raw"': "mauve"}, "mauve")]:
        asked = json.dumps([{**row, **change}])
        done = subprocess.run([sys.executable, DRIVERS / "driver.py", module], input=asked, capture_output=True, text=True)
        assert done.returncode == 1 and words in done.stderr, done.stderr
