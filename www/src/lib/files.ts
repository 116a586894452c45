// Files that leave the page, by the hand of the person only.

/** Hands a file to the browser's downloads. */
export function save(parts: BlobPart[], name: string, type: string): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the bytes by then.
  setTimeout(() => URL.revokeObjectURL(url), 30_000);
}

/** Paints an SVG at twice its size. */
export async function svgToPng(svg: string, width: number, height: number): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = 2 * (image.naturalWidth || width);
    canvas.height = 2 * (image.naturalHeight || height);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("This browser has no canvas to paint on.");
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be written."))), "image/png"),
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
