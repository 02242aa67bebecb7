import type { Pod } from '@solo-kubelet/pod-spec';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { CliError } from '../cli-error.js';
import { write } from '../cli-io.js';
import { parseLabelSelector } from '../client/label-selector.js';
import type { NodeClient } from '../client/node-client.js';
import { podRow } from '../client/pod-row.js';
import { inNamespace, type NamespaceChoice, type VerbContext } from './verb-context.js';

export interface WaitOptions extends NamespaceChoice {
  readonly pods: readonly string[];
  readonly selector?: string;
  readonly all?: boolean;
  /** `condition=Ready`, `condition=Ready=False`, `delete`, `jsonpath={.status.phase}=Running` is written as `phase=Running`. */
  readonly for: string;
  /** Default 30 s, as kubectl. */
  readonly timeoutMs?: number;
}

/** Whether a pod has come to where it is waited for; undefined stands for a pod that is gone. */
export type Awaited = (pod: Pod | undefined) => boolean;

/** Reads `--for`. @throws CliError CLI_USAGE */
export const parseAwaited = (text: string): Awaited => {
  if (text === 'delete') return (pod) => pod === undefined;
  const condition = /^condition=([^=]+)(?:=(\w+))?$/i.exec(text);
  if (condition) {
    const [, type = '', value = 'True'] = condition;
    return (pod) =>
      pod?.status?.conditions?.some(
        (one) => one.type?.toLowerCase() === type.toLowerCase() && one.status?.toLowerCase() === value.toLowerCase(),
      ) === true;
  }
  const phase = /^phase=(\w+)$/.exec(text);
  if (phase) return (pod) => pod?.status?.phase === phase[1];
  throw new CliError({
    code: 'CLI_USAGE',
    message: `cannot read --for="${text}"`,
    hint: 'Use condition=Ready, condition=NAME=VALUE, phase=Running or delete.',
  });
};

const DEFAULT_TIMEOUT_MS = 30_000;

/** `wait --for=condition=Ready pod/NAME…`: exits 0 when all are there, 1 when the time is over, saying what each one does instead. */
export const wait = async (options: WaitOptions, context: VerbContext): Promise<number> => {
  const { client, io, signal, now } = context;
  const reached = parseAwaited(options.for);
  const names = options.pods.map((name) => name.replace(/^pods?\//, ''));
  if (names.length === 0 && options.selector === undefined && !options.all)
    throw new CliError({ code: 'CLI_USAGE', message: 'name pods, or give -l or --all' });
  const matches = options.selector === undefined ? () => true : parseLabelSelector(options.selector);
  const isNamed = (pod: Pod, name: string): boolean =>
    pod.metadata?.name === name || pod.metadata?.name === `${name}-${pod.spec?.nodeName?.toLowerCase()}`;
  const wanted = (pods: readonly Pod[]): ReadonlyMap<string, Pod | undefined> => {
    const here = inNamespace(pods, ({ metadata }) => metadata?.namespace, options);
    if (names.length > 0) return new Map(names.map((name) => [name, here.find((pod) => isNamed(pod, name))]));
    return new Map(here.filter(({ metadata }) => matches(metadata?.labels)).map((pod) => [pod.metadata?.name ?? '', pod]));
  };
  // As kubectl: what is not there is gone already, but will come to nothing else.
  if (names.length === 0 && options.for !== 'delete' && wanted(await client.listPods({ signal })).size === 0)
    throw new CliError({ code: 'CLI_NOT_FOUND', message: 'no matching resources found', hint: 'List them with: kubelet-cli get pods -A' });
  const late = await waitUntil(client, (pods) => [...wanted(pods).values()].every(reached), {
    signal,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  });
  const last = wanted(late ?? (await client.listPods({ signal })));
  for (const [name, pod] of last) {
    if (reached(pod)) await write(io.stdout, `pod/${name} condition met\n`);
    else
      await write(io.stderr, `pod/${name}: timed out waiting for ${options.for}; it is ${pod ? podRow(pod, now()).status : 'not there'}\n`);
  }
  return late === undefined ? 0 : 1;
};

/**
 * Looks at every change of the pods until `reached`. Undefined when it was; the pods as last seen when the time was over.
 */
export const waitUntil = async (
  client: NodeClient,
  reached: (pods: readonly Pod[]) => boolean,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<readonly Pod[] | undefined> => {
  const pods = new Map<string, Pod>();
  const timeUp = timeoutSignal(timeoutMs);
  using ending = joinSignals([signal, timeUp]);
  const listed = await client.listPods({ signal });
  for (const pod of listed) pods.set(pod.metadata?.uid ?? '', pod);
  if (reached(listed)) return undefined;
  try {
    for await (const { type, object } of client.watchPods({ signal: ending.signal })) {
      const uid = object.metadata?.uid ?? '';
      if (type === 'DELETED') pods.delete(uid);
      else pods.set(uid, object);
      if (reached([...pods.values()])) return undefined;
    }
  } catch (error) {
    if (!timeUp.aborted || signal.aborted) throw error;
  }
  return [...pods.values()];
};
