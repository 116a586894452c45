// The security headers of `headers.json`, in the forms that a static site needs.
import headers from "../headers.json" with { type: "json" };

export { headers };

/** What a `<meta>` policy cannot say and browsers warn about. */
const HEADER_ONLY = /^(frame-ancestors|sandbox|report-uri)\b/;

/** The policy for a `<meta>` element: for hosts that set no headers. */
export function metaPolicy(): string {
  const directives = headers["Content-Security-Policy"].split("; ");
  return directives.filter((directive) => !HEADER_ONLY.test(directive)).join("; ");
}

/** The file `_headers`, which several static hosts read. */
export function headersFile(): string {
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`);
  return [
    "/*",
    ...lines,
    "  Cache-Control: no-cache",
    "/assets/*",
    "  ! Cache-Control",
    "  Cache-Control: public, max-age=31536000, immutable",
    "",
  ].join("\n");
}
