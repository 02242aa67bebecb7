/** One field of the table. */
export interface TableField {
  readonly name: string;
  readonly optional: boolean;
  readonly pointer: boolean;
  readonly base: string;
  readonly container: '' | '[]' | '{}';
  /** The feature gate without which there is no such field; empty if there always is. */
  readonly gate: string;
  readonly fallback: string | undefined;
  readonly doc: string;
}
export interface Table {
  readonly enums: Readonly<Record<string, readonly string[]>>;
  readonly types: Readonly<
    Record<
      string,
      { readonly name: string; readonly doc: string; readonly mixins: readonly string[]; readonly fields: readonly TableField[] }
    >
  >;
}
export const readTable: (text: string, base?: Table) => Table;
