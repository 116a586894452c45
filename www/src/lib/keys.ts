// Keys that hold on the whole page, unless a field has them.
import { store } from "./store.svelte";

const TAKES_SPACE = "input, select, textarea, button, a, summary, [role=tab], [contenteditable], dialog *";

export function onKey(event: KeyboardEvent): void {
  const target = event.target instanceof Element ? event.target : document.body;
  const isCommand = event.ctrlKey || event.metaKey;
  const isField = target.matches("input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea");
  if (isCommand && event.key.toLowerCase() === "z" && !isField) {
    event.preventDefault();
    if (event.shiftKey) store.redo();
    else store.undo();
  } else if (isCommand && event.key.toLowerCase() === "y" && !isField) {
    event.preventDefault();
    store.redo();
  } else if (event.key === " " && !target.matches(TAKES_SPACE) && store.run?.training) {
    event.preventDefault();
    if (store.run.status === "training") store.pause();
    else store.play();
  }
}
