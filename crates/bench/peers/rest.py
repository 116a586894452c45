"""REST under load: one row a request, the same model in `handlens serve`, MLServer and MLflow.

    python crates/bench/peers/rest.py HANDLENS FOLDER SECONDS

Each server in turn is asked by wrk over kept connections; prints a Markdown table. What is asked and answered is
checked once before it is counted.
"""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

JSON = "application/json"
ROW = {"island": "Biscoe", "bill_length_mm": 44.5, "bill_depth_mm": 17.1, "flipper_length_mm": 200.0,
       "body_mass_g": 4200.0, "sex": "male", "year": 2008.0}
# As README.md says: MLServer does not know the texts of pandas 3. Its worker processes do not start with the uvloop of
# its own requirements, so it predicts in the process that answers.
PROGRAMS = Path(sys.executable).parent
ENVIRONMENT = os.environ | {"PANDAS_FUTURE_INFER_STRING": "0", "MLSERVER_PARALLEL_WORKERS": "0",
                            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}


def tensors():
    """The row in the Open Inference Protocol."""
    def tensor(name, cell):
        datatype = "BYTES" if isinstance(cell, str) else "FP64"
        return {"name": name, "datatype": datatype, "shape": [1], "data": [cell]}
    return {"inputs": [tensor(name, cell) for name, cell in ROW.items()]}


def records():
    """The row as MLflow's scoring server takes it."""
    return {"dataframe_records": [ROW]}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A program that is ready once it has said so in as many lines as it should."""

    def __init__(self, arguments, folder, says, times=1, env=None):
        log = open(folder / "server.log", "w+")
        self.process = subprocess.Popen([*map(str, arguments)], cwd=folder, env=ENVIRONMENT | (env or {}), text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        for line in self.process.stdout:
            print(line, end="", file=log, flush=True)
            times -= any(words in line for words in says)
            if times == 0:
                break
        if times:
            sys.exit(f"{arguments[0]} did not start:\n{Path(log.name).read_text()}")
        # The rest goes into a file, so that nothing stops because nobody reads.
        self.rest = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=log)

    def stop(self):
        os.killpg(self.process.pid, 15)
        self.process.wait()
        self.rest.wait()


def ask(port, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, json.dumps(body), {"Content-Type": JSON})
    reply = connection.getresponse()
    text = reply.read().decode()
    assert reply.status == 200 and any(name in text for name in ("Adelie", "Gentoo", "Chinstrap")), text


def load(folder, port, path, body, connections, seconds):
    """Requests a second, p50 and p99 in milliseconds, and errors."""
    ask(port, path, body)
    script = folder / "request.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = '{JSON}'\nwrk.body = [==[{json.dumps(body)}]==]\n")
    wrk = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run([*map(str, wrk)], check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    errors = sum(map(int, sockets.groups())) if sockets else 0
    errors += int(refused[1]) if refused else 0
    return rate, milliseconds(said, "50%"), milliseconds(said, "99%"), errors


def milliseconds(said, share):
    number, unit = re.search(rf"{share}\s+([\d.]+)(us|ms|s|m)\b", said).groups()
    return float(number) * {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}[unit]


def main():
    handlens, folder, seconds = Path(sys.argv[1]).resolve(), Path(sys.argv[2]), int(sys.argv[3])
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: install it (Debian: apt-get install wrk) and try again")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run = lambda *arguments: subprocess.run([handlens, *arguments], cwd=folder, check=True, capture_output=True)
    run("train", "sample:penguins", "--target", "species", "--algorithm", "logistic", "--out", "penguins.safetensors")
    run("export", "penguins.safetensors", "--to", "mlflow", "--out", "model.zip")
    zipfile.ZipFile(folder / "model.zip").extractall(folder / "model")
    settings = next(folder.glob("model/**/model-settings.json"))
    name = json.loads(settings.read_text())["name"]

    def ours():
        port = free_port()
        return port, Server([handlens, "serve", f"{name}=penguins.safetensors", "--port", port], folder, ["Handlens is at"])

    def mlserver():
        port = free_port()
        env = {"MLSERVER_HTTP_PORT": str(port), "MLSERVER_GRPC_PORT": str(free_port()),
               "MLSERVER_METRICS_PORT": str(free_port())}
        says = ("Loaded model", "Uvicorn running")
        return port, Server([PROGRAMS / "mlserver", "start", "."], settings.parent, says, times=3, env=env)

    def mlflow():
        port = free_port()
        serve = [PROGRAMS / "mlflow", "models", "serve", "-m", ".", "--env-manager", "local", "-p", port]
        return port, Server(serve, settings.parent, ["Uvicorn running"])

    infer = f"/v2/models/{name}/infer"
    print("| server | path | connections | requests a second | p50 | p99 | errors |\n|---|---|---|---|---|---|---|")
    for title, start, asked in [
        ("Handlens", ours, [("/predict", {"model": name, "data": [ROW]}), (infer, tensors()), ("/invocations", records())]),
        ("MLServer", mlserver, [(infer, tensors())]),
        ("MLflow", mlflow, [("/invocations", records())]),
    ]:
        port, server = start()
        try:
            for path, body in asked:
                for connections in (8, 32):
                    rate, p50, p99, errors = load(folder, port, path, body, connections, seconds)
                    print(f"| {title} | {path.replace(name, '…')} | {connections} | {rate:,.0f} | {p50:.2f} ms "
                          f"| {p99:.2f} ms | {errors} |", flush=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
