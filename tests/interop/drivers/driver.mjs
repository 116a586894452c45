// Asks a printed ES module: rows as JSON in, answers as JSON out.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { predict } = await import(pathToFileURL(process.argv[2]));
const flat = (answer) =>
  answer && [answer.prediction ?? null, [...(answer.probabilities?.values() ?? answer.coordinates ?? []), ...("score" in answer ? [answer.score] : [])]];
const rows = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(rows.map((row) => flat(predict(row)))));
