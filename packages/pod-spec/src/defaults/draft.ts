/** The same data, still being filled in. */
export type Draft<T> = T extends string | number | bigint | boolean | undefined | null
  ? T
  : T extends readonly (infer Item)[]
    ? Draft<Item>[]
    : { -readonly [K in keyof T]: Draft<T[K]> };
