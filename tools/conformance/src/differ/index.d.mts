export interface Difference {
  readonly path: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}
export const firstDifference: (theirs: unknown, ours: unknown) => Difference | undefined;
export const isWords: (difference: Difference | undefined) => boolean;
export const classOf: (difference: Difference | undefined, kind: string) => string;

export interface Script {
  readonly steps: readonly {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  }[];
}
export interface Server {
  readonly close: () => void;
}
export const createServer: (url: string, tokens: Readonly<Record<string, string>>) => Server;
export const playScript: (
  server: Server,
  script: Script,
  options: { readonly ns: string; readonly nowMs: number },
) => Promise<readonly unknown[]>;
export const normalise: (answers: readonly unknown[], options: { readonly sent: string; readonly ns: string }) => unknown;

export interface Random {
  readonly below: (limit: number) => number;
}
export const createRandom: (seed: number) => Random;
export interface Pool {
  readonly learn: (value: unknown) => void;
}
export interface Sample {
  readonly status?: object;
}
export const SAMPLES: readonly Sample[];
export const objectOf: (sample: Sample, name: string) => object;
export const readCorpus: (scripts: readonly Script[], objects: readonly object[]) => object;
export const QUESTIONS: Readonly<Record<string, unknown>>;
export const askQuestion: (kind: string, kit: { readonly random: Random; readonly pool: Pool; readonly corpus: object }) => Script;

/** A pool that has seen every sample and what a corpus adds. */
export const learnedPool: (corpus: object) => Pool;
/** A patch from elsewhere without directives inside lists whose items are not merged. */
export const withoutStrayDirectives: (patch: unknown) => unknown;
/** Whether messages differ in how they print an inner structure, which no client reads. */
export const printsStructure: (difference: Difference) => boolean;
