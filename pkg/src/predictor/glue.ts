/** A model in the memory of the small module, as the generated glue gives it. */
export interface LoadedModel {
  inspect(): string;
  predict(rows: string): string;
  predictFile(name: string, bytes: Uint8Array, preview: number, isFormulaSafe: boolean): string;
  takeCsv(): Uint8Array;
  free(): void;
}

/** What the small module offers once it runs. */
export interface PredictorGlue {
  LoadedModel: new (artifact: Uint8Array) => LoadedModel;
}
