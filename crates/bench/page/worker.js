// Loads one module and measures one workload in it, so that every workload starts afresh.
self.onmessage = async ({ data: { variant, threads, id, scale, runs } }) => {
  try {
    const module = await import(`/wasm/${variant}/handlens.js`);
    await module.default();
    if (variant === "threads") await module.initThreadPool(threads);
    self.postMessage(JSON.parse(module.bench(id, scale, runs)));
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
