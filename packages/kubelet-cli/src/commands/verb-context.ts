import type { CliIo } from '../cli-io.js';
import type { NodeClient } from '../client/node-client.js';

/** What a verb works with. `now` in Unix ms. */
export interface VerbContext {
  readonly client: NodeClient;
  readonly io: CliIo;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Which pods: one namespace (default `default`), or all. */
export interface NamespaceChoice {
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
}

export const DEFAULT_NAMESPACE = 'default';

export const inNamespace = <T>(
  items: readonly T[],
  namespaceOf: (item: T) => string | undefined,
  { namespace, allNamespaces }: NamespaceChoice,
): readonly T[] => (allNamespaces ? items : items.filter((item) => namespaceOf(item) === (namespace ?? DEFAULT_NAMESPACE)));
