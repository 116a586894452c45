// Measures libraries in the page, on one thread: measure({ peer, id, data, runs }), where `data` is the folder of what
// `handlens-bench data` wrote. Only the work is timed; the first run does not count, nor do those of the first half
// second, in which the browser still compiles.
const WARM_UP = 500;
const NPM = new URL("/npm/", location.href).href;

const bytes = async (path) => (await fetch(path)).arrayBuffer();

/** `ready` gets ready for a run, `work` is timed; both may wait. Times are divided by `units`. */
async function time({ ready, work, units = 1, quality }, runs) {
  const seconds = [];
  const first = performance.now();
  let isWarm = runs < 2;
  while (seconds.length < runs) {
    const input = await ready?.();
    const start = performance.now();
    await work(input);
    const end = performance.now();
    if (isWarm) seconds.push((end - start) / 1000 / units);
    isWarm ||= end - first >= WARM_UP;
  }
  return { seconds, quality: await quality?.() };
}

async function onnxruntime(data, rows, repeats) {
  const ort = await import(`${NPM}onnxruntime-web/dist/ort.wasm.min.mjs`);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = `${NPM}onnxruntime-web/dist/`;
  const net = await ort.InferenceSession.create(await bytes(`${data}/net.onnx`), { executionProviders: ["wasm"] });
  const x = Float32Array.from(new Float64Array(await bytes(`${data}/test_x.f64`))).slice(0, rows * 784);
  const feeds = { x: new ort.Tensor("float32", x, [rows, 784]) };
  return {
    units: repeats,
    work: async () => {
      for (let repeat = 0; repeat < repeats; repeat++) await net.run(feeds);
    },
  };
}

async function duckdb(data) {
  const duckdb = await import(`${NPM}@duckdb/duckdb-wasm/dist/duckdb-browser.mjs`);
  const worker = new Worker(`${NPM}@duckdb/duckdb-wasm/dist/duckdb-browser-eh.worker.js`);
  const db = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), worker);
  await db.instantiate(`${NPM}@duckdb/duckdb-wasm/dist/duckdb-eh.wasm`);
  const connection = await db.connect();
  const file = await bytes(`${data}/file.csv`);
  return {
    // The buffer is given away with every run.
    ready: async () => {
      await connection.query("DROP TABLE IF EXISTS t");
      await db.dropFile("file.csv");
      return new Uint8Array(file.slice());
    },
    work: async (buffer) => {
      await db.registerFileBuffer("file.csv", buffer);
      await connection.query("CREATE TABLE t AS SELECT * FROM read_csv_auto('file.csv')");
    },
    quality: async () => Number((await connection.query("SELECT count(*) AS n FROM t")).toArray()[0].n),
  };
}

const PEERS = {
  csv: { "duckdb-wasm": duckdb },
  predict_784: { "onnxruntime-web": (data) => onnxruntime(data, 10_000, 1) },
  predict_one: { "onnxruntime-web": (data) => onnxruntime(data, 1, 2_000) },
};

/** All that there are for a workload, by name. */
export async function measure({ id, data, runs }) {
  const measured = {};
  for (const [name, peer] of Object.entries(PEERS[id] ?? {})) measured[name] = await time(await peer(data), runs);
  return measured;
}
