import { delay } from '@solo-kubelet/timers';
import { CliError } from '../cli-error.js';
import { write } from '../cli-io.js';
import type { NodeApiObject } from '../client/node-client.js';
import { objectName } from '../output/object-name.js';
import { parseTarget } from './find-object.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

export interface WaitObjectOptions {
  /** `deployment/web`. */
  readonly objects: readonly string[];
  /** `condition=Available`, `condition=Complete=True`, `delete`, `phase=Bound`. */
  readonly for: string;
  readonly namespace?: string;
  /** Default 30 s, as kubectl. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const POLL_MS = 300;

/** `wait --for=condition=Complete job/migrate`: as for Pods, for any other kind. */
export const waitForObjects = async (options: WaitObjectOptions, { client, io, signal, now }: VerbContext): Promise<number> => {
  const reached = parseReached(options.for);
  const targets = options.objects.map((word) => parseTarget([word]));
  const wanted = options.namespace ?? DEFAULT_NAMESPACE;
  const untilMs = now() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  for (;;) {
    const there = await client.listObjects({ signal });
    const states = targets.map(({ kind, name }) => {
      const object = there.find(
        (one) =>
          one.kind === kind.kind &&
          one.metadata.name === name &&
          (!kind.namespaced || (one.metadata.namespace ?? DEFAULT_NAMESPACE) === wanted),
      );
      return { name: objectName(kind, name), object, met: reached(object) };
    });
    const isLate = now() >= untilMs || signal.aborted;
    if (states.every(({ met }) => met) || isLate) {
      for (const { name, object, met } of states) {
        if (met) await write(io.stdout, `${name} condition met\n`);
        else await write(io.stderr, `${name}: timed out waiting for ${options.for}; it is ${object ? stateOf(object) : 'not there'}\n`);
      }
      return states.every(({ met }) => met) ? 0 : 1;
    }
    await delay(POLL_MS);
  }
};

interface Condition {
  readonly type?: string;
  readonly status?: string;
}

const conditionsOf = (object: NodeApiObject): readonly Condition[] => (object.status?.['conditions'] ?? []) as readonly Condition[];

const stateOf = (object: NodeApiObject): string => {
  const holding = conditionsOf(object).flatMap(({ type, status }) => (status === 'True' ? [type] : []));
  return String(object.status?.['phase'] ?? (holding.length > 0 ? holding.join(', ') : 'there, with no condition that holds'));
};

const parseReached = (text: string): ((object: NodeApiObject | undefined) => boolean) => {
  if (text === 'delete') return (object) => object === undefined;
  const condition = /^condition=([^=]+)(?:=(\w+))?$/i.exec(text);
  if (condition) {
    const [, type = '', value = 'True'] = condition;
    return (object) =>
      object !== undefined &&
      // What is shown may still be about what was asked for before.
      Number(object.metadata.generation ?? 0) <= Number(object.status?.['observedGeneration'] ?? Number.POSITIVE_INFINITY) &&
      conditionsOf(object).some(
        (one) => one.type?.toLowerCase() === type.toLowerCase() && one.status?.toLowerCase() === value.toLowerCase(),
      );
  }
  const phase = /^phase=(\w+)$/.exec(text);
  if (phase) return (object) => object?.status?.['phase'] === phase[1];
  throw new CliError({
    code: 'CLI_USAGE',
    message: `cannot read --for="${text}"`,
    hint: 'Use condition=Available, condition=NAME=VALUE, phase=Bound or delete.',
  });
};
