// The typefaces as a first view needs them: cut to the characters and weights that the page uses.
//
// What the cut leaves out, the browser takes from the whole files when a text holds it: the styles
// say by `unicode-range` which file has what.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import subsetFont from "subset-font";
import type { Plugin } from "vite";

const packages = createRequire(import.meta.url);

interface Cut {
  /** The package, and its file. */
  from: readonly [name: string, file: string];
  /** The characters kept, as code points; the same as in `fonts.css`. */
  ranges: readonly (readonly [first: number, last: number])[];
  wght: number | { min: number; max: number; default: number };
  /** The features of the layout that the page uses. */
  features: string[];
}

const ASCII = [0x20, 0x7e] as const;
const LATIN_1 = [0xa0, 0xff] as const;
/** Dashes, quotation marks, the bullet and the ellipsis. */
const PUNCTUATION = [[0x2013, 0x2014], [0x2018, 0x201d], [0x2022, 0x2022], [0x2026, 0x2026]] as const;

const THIN = [[0x2009, 0x2009], [0x202f, 0x202f]] as const;
const EURO = [0x20ac, 0x20ac] as const;
const MINUS = [0x2212, 0x2212] as const;
/** The fixed space, plus-minus, square, the middle dot and times. */
const SIGNS = [[0xa0, 0xa0], [0xb1, 0xb2], [0xb7, 0xb7], [0xd7, 0xd7]] as const;

const CUTS: Record<string, Cut> = {
  "inter.woff2": {
    from: ["@fontsource-variable/inter", "inter-latin-wght-normal.woff2"],
    ranges: [ASCII, LATIN_1, ...PUNCTUATION, ...THIN, EURO, MINUS],
    wght: { min: 400, max: 700, default: 400 },
    features: ["kern", "tnum", "cv11", "ccmp", "mark", "locl"],
  },
  "source-serif-4.woff2": {
    from: ["@fontsource-variable/source-serif-4", "source-serif-4-latin-wght-normal.woff2"],
    ranges: [ASCII, ...SIGNS, ...PUNCTUATION, MINUS],
    // Headings have one weight.
    wght: 600,
    features: ["kern", "liga", "ccmp"],
  },
};

/** Writes the cut typefaces into `fonts/`, where the styles and the worker find them. */
export function fonts(root: string): Plugin {
  const folder = join(root, "fonts");
  const find = ({ from: [name, file] }: Cut) => packages.resolve(`${name}/files/${file}`);
  return {
    name: "handlens-fonts",

    async config() {
      mkdirSync(folder, { recursive: true });
      for (const [name, cut] of Object.entries(CUTS)) {
        const font = await subsetFont(readFileSync(find(cut)), textOf(cut), {
          targetFormat: "woff2",
          variationAxes: { wght: cut.wght },
          keepFeatures: cut.features,
        });
        const path = join(folder, name);
        // Vite would reload for a file that is only written again.
        if (!existsSync(path) || !readFileSync(path).equals(font)) writeFileSync(path, font);
      }
    },

    // Both are under the SIL Open Font License, which asks that it goes with them.
    generateBundle() {
      for (const { from: [name] } of Object.values(CUTS)) {
        const source = readFileSync(packages.resolve(`${name}/LICENSE`));
        this.emitFile({ type: "asset", fileName: `licenses/${name.split("/").at(-1)}.txt`, source });
      }
    },
  };
}

function textOf({ ranges }: Cut): string {
  const all = ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
  return String.fromCodePoint(...all);
}
