// The fixture under which every page is tested: it fails on whatever must never happen.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test as base, expect, type BrowserContext, type Page, type Request } from "@playwright/test";
import { SITE } from "./places.ts";

export { expect };

/** What a test may say of itself. */
export interface Watch {
  /** What was seen so far. */
  readonly found: readonly string[];
  /** Allows what matches: only for what the test itself provokes, such as a lost network. */
  allow(pattern: RegExp): void;
}

export const test = base.extend<{ watch: Watch }>({
  watch: [
    async ({ context, baseURL }, use) => {
      const found: string[] = [];
      const allowed: RegExp[] = [];
      await listen(context, (problem) => found.push(problem));
      const checkRequest = (request: Request) => {
        const reason = reasonAgainst(request, new URL(baseURL ?? "").origin);
        if (reason !== null) found.push(reason);
      };
      context.on("request", checkRequest);
      context.on("response", (response) => {
        if (isService(response.url()) && !response.fromServiceWorker()) found.push(`a request to the page's own service that left it: ${response.url()}`);
      });
      await use({ found, allow: (pattern) => void allowed.push(pattern) });
      for (const page of context.pages()) await expectNoOverflow(page);
      expect(found.filter((problem) => !allowed.some((pattern) => pattern.test(problem)))).toEqual([]);
    },
    { auto: true },
  ],
});

/** Reports errors and warnings of the pages, their workers and the policy of the site. */
export async function listen(context: BrowserContext, report: (problem: string) => void): Promise<void> {
  context.on("console", (message) => {
    if (["error", "warning", "assert"].includes(message.type())) report(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => report(`uncaught: ${String(error.error())}`));
  await context.addInitScript(() => {
    // In words of our own: the console is the one way out that a policy cannot close.
    addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} refuses ${event.blockedURI} ${event.sample}`));
    addEventListener("unhandledrejection", (event) => console.error(`unhandled rejection: ${String(event.reason)}`));
  });
}

/** What the page's service worker answers itself, with the model in view. */
const isService = (url: string): boolean => /^\/(v2(\/.*)?|predict|invocations|ping|health|version|openapi\.json|metrics)$/.test(new URL(url).pathname);

/** Only the site's own files are asked for, and nothing is sent. */
function reasonAgainst(request: Request, origin: string): string | null {
  const url = new URL(request.url());
  if (url.protocol === "blob:" || url.protocol === "data:") return null;
  if (url.origin !== origin) return `a request to another origin: ${url.href}`;
  // Whether the service worker did answer is seen with the response.
  if (isService(request.url()) && request.serviceWorker() === null) return null;
  if (request.method() !== "GET") return `a request that is not a GET: ${request.method()} ${url.href}`;
  const path = url.pathname.endsWith("/") ? `${url.pathname}index.html` : url.pathname;
  return existsSync(join(SITE, decodeURIComponent(path))) && url.search === "" ? null : `a request for what is no file of the site: ${url.href}`;
}

export async function expectNoOverflow(page: Page, where = "at the end"): Promise<void> {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
  expect(wide, `the page sticks out sideways ${where}`).toBeLessThanOrEqual(room);
}

/** A figure for the log: measured, whether or not it is asserted. */
export function tell(what: string, value: string): void {
  console.log(`    ${what}: ${value}`);
  test.info().annotations.push({ type: what, description: value });
}
