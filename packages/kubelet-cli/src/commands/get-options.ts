import type { NamespaceChoice } from './verb-context.js';

export interface GetOptions extends NamespaceChoice {
  readonly resource: string;
  readonly names: readonly string[];
  readonly output?: string;
  readonly watch?: boolean;
  readonly selector?: string;
  readonly noHeaders?: boolean;
}
