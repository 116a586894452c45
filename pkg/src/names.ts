// Names for parts of the protocol that its declarations do not name, and the figures as a caller
// may ask for them.

import type { FigureSpec, Recipe } from "./protocol.js";

/** The handle of a table. */
export type TableId = number;
/** The handle of a model. */
export type ModelId = number;
/** Values by name; what is not named has its default. */
export type Settings = Recipe["settings"];

type Always = "show" | "model" | "table" | "column";
type Lenient<T> = T extends unknown
  ? Pick<T, Extract<keyof T, Always>> & Partial<Omit<T, Always>>
  : never;

/** What a figure shows; what has a default may be left out. */
export type FigureWish = Lenient<FigureSpec>;
