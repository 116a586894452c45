// Programs that send one request, for other machines to run: no library is needed beside the language.

/** A request over HTTP. */
export interface Wanted {
  method: "GET" | "POST";
  /** `http://host:port`. */
  address: string;
  path: string;
  /** JSON. */
  body: string;
}

export const LANGUAGES = ["curl", "fetch", "Python", "Rust"] as const;
export type Language = (typeof LANGUAGES)[number];

export function snippet(language: Language, wanted: Wanted): string {
  return WRITERS[language](wanted);
}

const WRITERS: Record<Language, (wanted: Wanted) => string> = {
  curl: ({ address, path, body }) =>
    [`curl -s ${quoted(address + path)} \\`, "  -H 'Content-Type: application/json' \\", `  -d ${quoted(body)}`].join("\n"),

  fetch: ({ method, address, path, body }) =>
    [
      `const response = await fetch(${JSON.stringify(address + path)}, {`,
      `  method: ${JSON.stringify(method)},`,
      '  headers: { "Content-Type": "application/json" },',
      `  body: ${JSON.stringify(body)},`,
      "});",
      "console.log(await response.text());",
    ].join("\n"),

  Python: ({ method, address, path, body }) =>
    [
      "from urllib.request import Request, urlopen",
      "",
      `body = ${asPython(body)}`,
      `request = Request(${asPython(address + path)}, body.encode(), {"Content-Type": "application/json"}, method=${asPython(method)})`,
      "with urlopen(request) as response:",
      "    print(response.read().decode())",
    ].join("\n"),

  Rust: ({ method, address, path, body }) => {
    const host = new URL(address).host;
    return [
      "use std::io::{Read, Write};",
      "use std::net::TcpStream;",
      "",
      "fn main() -> std::io::Result<()> {",
      `    let body = ${asRust(body)};`,
      `    let mut stream = TcpStream::connect(${asRust(host)})?;`,
      "    write!(",
      "        stream,",
      `        "${method} ${path} HTTP/1.0\\r\\nHost: ${host}\\r\\nContent-Type: application/json\\r\\nContent-Length: {}\\r\\n\\r\\n{body}",`,
      "        body.len()",
      "    )?;",
      "    let mut answer = String::new();",
      "    stream.read_to_string(&mut answer)?;",
      '    println!("{}", answer.split_once("\\r\\n\\r\\n").map_or("", |(_, body)| body));',
      "    Ok(())",
      "}",
    ].join("\n");
  },
};

/** For a shell of Unix. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** JSON's strings are Python's, but for pairs that stand for one character, which may be written out. */
const asPython = (text: string): string => JSON.stringify(text);

/** A raw string with as many signs around it as it takes. */
function asRust(text: string): string {
  const longest = Math.max(0, ...Array.from(text.matchAll(/"(#*)/g), ([, signs = ""]) => signs.length + 1));
  const signs = "#".repeat(Math.max(1, longest));
  return `r${signs}"${text}"${signs}`;
}
