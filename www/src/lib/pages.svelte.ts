// Rows of a table, fetched by the page as they come into view.
import type { Table } from "handlens";
import { SvelteMap } from "svelte/reactivity";

const ROWS_A_PAGE = 128;
/** Pages kept; the farthest from view go first. */
const MOST_PAGES = 60;

type Cells = (string | null)[];

export class Pages {
  readonly #table: Table;
  readonly #pages = new SvelteMap<number, Cells[]>();
  readonly #asked = new Set<number>();

  constructor(table: Table) {
    this.#table = table;
  }

  row(index: number): Cells | undefined {
    return this.#pages.get(Math.floor(index / ROWS_A_PAGE))?.[index % ROWS_A_PAGE];
  }

  want(from: number, to: number): void {
    const first = Math.floor(from / ROWS_A_PAGE);
    const last = Math.floor(Math.max(from, to - 1) / ROWS_A_PAGE);
    for (let page = first; page <= last; page += 1) if (!this.#asked.has(page)) void this.#fetch(page);
    for (const page of this.#asked)
      if (this.#asked.size > MOST_PAGES && (page < first - 2 || page > last + 2)) {
        this.#asked.delete(page);
        this.#pages.delete(page);
      }
  }

  async #fetch(page: number): Promise<void> {
    this.#asked.add(page);
    try {
      this.#pages.set(page, await this.#table.rows(page * ROWS_A_PAGE, ROWS_A_PAGE));
    } catch {
      // The table is gone, or the core restarts: asked again when it comes into view again.
      this.#asked.delete(page);
    }
  }
}
