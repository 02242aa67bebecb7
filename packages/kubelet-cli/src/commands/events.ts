import { CliError } from '../cli-error.js';
import { findPod } from '../client/find-pod.js';
import { get } from './get.js';
import { DEFAULT_NAMESPACE, type NamespaceChoice, type VerbContext } from './verb-context.js';

export interface EventsOptions extends NamespaceChoice {
  /** Only those of this pod: `web`, `pod/web`. */
  readonly for?: string;
  readonly watch?: boolean;
  readonly output?: string;
  /** Comma-separated: Normal, Warning. */
  readonly types?: string;
}

/** `events [--for pod/NAME] [-w]`. */
export const events = async (options: EventsOptions, context: VerbContext): Promise<number> => {
  const { client, signal } = context;
  const types = options.types?.split(',').map((type) => type.trim().toLowerCase());
  const unknown = types?.find((type) => type !== 'normal' && type !== 'warning');
  if (unknown !== undefined)
    throw new CliError({
      code: 'CLI_USAGE',
      message: `--types takes Normal, Warning, or both with a comma, not ${JSON.stringify(unknown)}`,
    });
  const pod =
    options.for === undefined
      ? undefined
      : findPod(await client.listPods({ signal }), options.for.replace(/^pods?\//, ''), options.namespace ?? DEFAULT_NAMESPACE);
  const keep = (event: { readonly type: string; readonly involvedObject?: { readonly uid?: string } }): boolean =>
    (types === undefined || types.includes(event.type.toLowerCase())) &&
    (pod === undefined || event.involvedObject?.uid === pod.metadata?.uid);
  const filtered = {
    ...client,
    listEvents: async (o: { readonly signal: AbortSignal }) => (await client.listEvents(o)).filter(keep),
    watchEvents: async function* (o: { readonly signal: AbortSignal }) {
      for await (const change of client.watchEvents(o)) if (keep(change.object)) yield change;
    },
  };
  return get({ ...options, resource: 'events', names: [] }, { ...context, client: filtered });
};
