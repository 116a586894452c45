// Bytes as text in a data block of the page: ASCII85 as PostScript writes it, but with `v` for `<`,
// which could end the block, and without short forms. A quarter more than the bytes; base64 takes
// a third.

const FIRST = "!".charCodeAt(0);

/** Text of bytes; the same as `src/export/html.rs` writes. */
export function encode(bytes: Uint8Array): string {
  const padded = new DataView(new ArrayBuffer(Math.ceil(bytes.length / 4) * 4));
  new Uint8Array(padded.buffer).set(bytes);
  const words: string[] = [];
  for (let at = 0; at < padded.byteLength; at += 4) {
    let word = padded.getUint32(at);
    let digits = "";
    for (let digit = 0; digit < 5; digit += 1) {
      digits = String.fromCharCode(FIRST + (word % 85)) + digits;
      word = Math.floor(word / 85);
    }
    words.push(digits);
  }
  const text = words.join("").replaceAll("<", "v");
  // Of a last word of fewer bytes, one character more than there are tells them all.
  return text.slice(0, text.length - (padded.byteLength - bytes.length));
}

/** Bytes of text. */
export function decode(text: string): Uint8Array<ArrayBuffer> {
  const words = new DataView(new ArrayBuffer(Math.ceil(text.length / 5) * 4));
  for (let at = 0, place = 0; at < text.length; at += 5, place += 4) {
    let word = 0;
    for (let digit = at; digit < at + 5; digit += 1) word = word * 85 + valueOf(text.charAt(digit));
    words.setUint32(place, word);
  }
  return new Uint8Array(words.buffer, 0, Math.floor((text.length * 4) / 5));
}

/** What is left out at the end counts as the largest digit. */
function valueOf(digit: string): number {
  if (digit === "") return 84;
  return digit === "v" ? 27 : digit.charCodeAt(0) - FIRST;
}
