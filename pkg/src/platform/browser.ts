import { refusal } from "../error.js";
import { load } from "../load.js";
import { LocalLink } from "../links/local.js";
import { WorkerLink } from "../links/worker.js";
import type { Platform } from "./platform.js";

export const platform: Platform = {
  opener({ worker, threads, fonts, starter }) {
    if (worker !== false) {
      return {
        whole: (isBehind) => WorkerLink.open(isBehind ? "behind" : "whole", threads, fonts),
        starter: starter ? () => WorkerLink.open("starter", "off", fonts) : null,
      };
    }
    let isOpened = false;
    const whole = async () => {
      // A module is instantiated once a page: what a trap has stopped stays stopped.
      if (isOpened) {
        throw refusal("internal", "The core stopped and runs in the page itself. Reload the page.");
      }
      isOpened = true;
      // Waiting for threads may not block the page, so there are none.
      return new LocalLink((await load("whole", "off")).glue);
    };
    return { whole, starter: null };
  },

  async readShell() {
    const response = await fetch(new URL("single.html", document.baseURI));
    if (response.ok) return response.blob();
    throw refusal("not_found", `The page that the model goes into could not be loaded (${response.status}).`);
  },

  async readSample(file) {
    const response = await fetch(new URL(`samples/${file}`, document.baseURI));
    if (response.ok) return response.blob();
    throw refusal("not_found", `The sample table ${file} could not be loaded (${response.status}).`);
  },
};
