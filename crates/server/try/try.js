// The page that tries the models: its requests come of /openapi.json, their bodies of the schemas in it.

const at = (id) => document.getElementById(id);
const [form, operation, model, key, body] = ["form", "operation", "model", "key", "body"].map(at);
const [line, status, answer, curl, send] = ["line", "status", "answer", "curl", "send"].map(at);

/** The document of the server, once it is there. */
let api;

/** Asks this server; with the key where there is one. */
function ask(path, options = {}) {
  const headers = { ...options.headers };
  if (key.value) headers.authorization = `Bearer ${key.value}`;
  return fetch(path, { ...options, headers });
}

/** A value that a property of a schema may have. */
function example(schema) {
  if (schema.examples?.length) return schema.examples[0];
  const [type] = [schema.type].flat();
  return { number: 0, integer: 0, boolean: true }[type] ?? "";
}

/** One row of the chosen model, whatever its version. */
function row() {
  const [name] = model.value.split(/[:@]/);
  const properties = api.components.schemas[name]?.properties ?? {};
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, example(schema)]));
}

/** The row as tensors of the Open Inference Protocol. */
function tensors() {
  const tensor = ([name, cell]) => {
    const datatype = { number: "FP64", boolean: "BOOL" }[typeof cell] ?? "BYTES";
    return { name, datatype, shape: [1], data: [cell] };
  };
  return { inputs: Object.entries(row()).map(tensor) };
}

/** A body to begin with, or nothing where the request has none. */
function firstBody(path) {
  if (path === "/predict") return { model: model.value, data: [row()], explain: true };
  if (path === "/invocations") return { dataframe_records: [row()] };
  return path.endsWith("/infer") ? tensors() : undefined;
}

const chosen = () => {
  const [method, path] = operation.value.split(" ");
  return { method, path, url: path.replace("{model}", encodeURIComponent(model.value)) };
};

/** Shows the chosen request with a new body. */
function choose() {
  const { path } = chosen();
  const first = firstBody(path);
  at("body-label").hidden = first === undefined;
  at("model-label").hidden = !path.includes("{model}") && first === undefined;
  body.value = first === undefined ? "" : JSON.stringify(first, null, 2);
  tell();
}

/** The request in one line, and for a terminal. */
function tell() {
  const { method, url } = chosen();
  line.textContent = `${method} ${url}`;
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ["curl"];
  if (key.value) parts.push(`-H "Authorization: Bearer $KEY"`);
  if (body.value) parts.push("-H 'Content-Type: application/json'", "-d", quoted(compact(body.value)));
  curl.textContent = [...parts, quoted(location.origin + url)].join(" ");
}

/** JSON without spaces; other text as it is. */
function compact(text) {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function submit(event) {
  event.preventDefault();
  const { method, url } = chosen();
  send.disabled = true;
  status.textContent = "Asked; waiting for the answer.";
  try {
    const start = performance.now();
    const headers = body.value ? { "content-type": "application/json" } : {};
    const response = await ask(url, { method, headers, body: body.value || undefined });
    const text = await response.text();
    const took = (performance.now() - start).toFixed(1);
    status.textContent = `${response.status} ${response.statusText}, ${took} ms, ${text.length} characters`;
    answer.textContent = pretty(text);
  } catch (error) {
    status.textContent = `The server could not be reached (${error.message}). Is it still running?`;
    answer.textContent = "";
  } finally {
    send.disabled = false;
  }
}

function option(value) {
  const made = document.createElement("option");
  made.value = made.textContent = value;
  return made;
}

/** Reads the document and fills the choices. */
async function load() {
  const response = await ask("/openapi.json");
  if (!response.ok) {
    status.textContent = `The description cannot be read: ${(await response.json()).error} Type the key above.`;
    return;
  }
  api = await response.json();
  const asked = api.paths["/predict"].post.requestBody.content["application/json"].schema;
  model.replaceChildren(...asked.properties.model.enum.map(option));
  // A version is chosen with the model, as name@version.
  const of = (method) => Object.keys(api.paths)
    .filter((path) => api.paths[path][method] && !path.includes("{version}"))
    .map((path) => `${method.toUpperCase()} ${path}`);
  // What predicts comes first, and of that what is simplest.
  const operations = [...new Set(["POST /predict", ...of("post"), ...of("get")])];
  operation.replaceChildren(...operations.map(option));
  choose();
  form.removeAttribute("aria-busy");
}

key.addEventListener("change", () => (api ? tell() : load()));
operation.addEventListener("change", choose);
model.addEventListener("change", choose);
body.addEventListener("input", tell);
form.addEventListener("submit", submit);
load().catch((error) => {
  status.textContent = `The description cannot be read (${error.message}). Load the page again.`;
});
