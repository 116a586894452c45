// Light or dark: the system's choice until the switch is used, then remembered.
const KEY = "handlens.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

export type Choice = "system" | "light" | "dark";

class Theme {
  choice = $state<Choice>(remembered());
  #system = $state(dark.matches);

  constructor() {
    dark.addEventListener("change", () => (this.#system = dark.matches));
    this.#show();
  }

  get resolved(): "light" | "dark" {
    if (this.choice !== "system") return this.choice;
    return this.#system ? "dark" : "light";
  }

  /** The other theme; back to the system's where that is the same. */
  toggle(): void {
    const wanted = this.resolved === "dark" ? "light" : "dark";
    this.choice = wanted === (this.#system ? "dark" : "light") ? "system" : wanted;
    try {
      if (this.choice === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, this.choice);
    } catch {
      // Storage is refused in some private windows; the switch still holds until reload.
    }
    this.#show();
  }

  #show(): void {
    if (this.choice === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.choice;
  }
}

function remembered(): Choice {
  try {
    const text = localStorage.getItem(KEY);
    return text === "light" || text === "dark" ? text : "system";
  } catch {
    return "system";
  }
}

export const theme = new Theme();
