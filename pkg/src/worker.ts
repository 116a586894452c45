// The worker's end of the bridge: one call in, one outcome out.

import { Engine, transferables } from "./engine.js";
import { Trap, failureOf } from "./error.js";
import { load } from "./load.js";
import type { Answers, Call, CallOf, Font, Outcome, Question } from "./messages.js";

interface WorkerScope {
  readonly fonts?: FontFaceSet;
  addEventListener(type: "message", listener: (event: MessageEvent<Question>) => void): void;
  postMessage(outcome: Outcome, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
let engine: Engine | null = null;

scope.addEventListener("message", ({ data }) => {
  // The threads of the pool speak on the same channel; their messages have no call.
  if (data?.call !== undefined) void answer(data);
});

async function answer({ id, call }: Question): Promise<void> {
  try {
    const answer = await run(call);
    scope.postMessage({ id, is: "answer", answer }, transferables(answer));
  } catch (thrown) {
    const failure = failureOf(thrown);
    const outcome: Outcome =
      failure !== null
        ? { id, is: "failure", failure }
        : { id, is: "trap", text: thrown instanceof Error ? thrown.message : String(thrown) };
    scope.postMessage(outcome, []);
  }
}

async function run(call: Call): Promise<Answers[Call["kind"]]> {
  if (call.kind === "open") return open(call);
  if (engine === null) throw new Trap("The core is not open.");
  return engine.run(call);
}

async function open({ part, threads, fonts, panicChannel }: CallOf<"open">): Promise<Answers["open"]> {
  const [loaded] = await Promise.all([load(part, threads), Promise.all(fonts.map(loadFont))]);
  if (panicChannel !== null) loaded.glue.reportPanicsTo(panicChannel);
  engine = new Engine(loaded.glue);
  return { version: loaded.glue.version(), threads: loaded.threads };
}

/** Text on a canvas has the page's face only if the worker loads it for itself. */
async function loadFont({ family, source, weight, style }: Font): Promise<void> {
  if (scope.fonts === undefined) return;
  const face = new FontFace(family, `url(${JSON.stringify(source)})`, {
    ...(weight === undefined ? {} : { weight }),
    ...(style === undefined ? {} : { style }),
  });
  try {
    scope.fonts.add(await face.load());
  } catch (error) {
    // A figure in another face is better than none.
    console.warn(`handlens: the font ${family} could not be loaded`, error);
  }
}
