// Python pickles, which are listed and never opened.

const ENDINGS = /\.(pkl|pickle|joblib)$/i;

/** Whether a file is a pickle: by its name, or by its first bytes (of protocol 2 and later). */
export async function isPickle(blob: Blob, name: string): Promise<boolean> {
  if (ENDINGS.test(name)) return true;
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  return first === 0x80 && second !== undefined && second >= 2 && second <= 5;
}
