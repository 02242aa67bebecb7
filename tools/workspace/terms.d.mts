export const TERMS: readonly { readonly word: RegExp; readonly say: string; readonly documents?: boolean }[];
export function proseOf(markdown: string): readonly string[];
export function textsOf(source: string): readonly string[];
export function faultsIn(path: string, text: string): readonly string[];
