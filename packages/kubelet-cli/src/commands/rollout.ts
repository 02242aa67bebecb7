import { utimes } from 'node:fs/promises';
import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { ObjectKind } from '@solo-kubelet/object-spec/kinds';
import { delay } from '@solo-kubelet/timers';
import type { Document, YAMLMap } from 'yaml';
import { editObject, fileOf } from '../changes/edit-object.js';
import { takenUp } from '../changes/taken-up.js';
import { CliError } from '../cli-error.js';
import { write } from '../cli-io.js';
import { findPod } from '../client/find-pod.js';
import type { NodeApiObject } from '../client/node-client.js';
import { growingTable } from '../output/table.js';
import { findObject, type NamedObject, parseTarget } from './find-object.js';
import { rolloutStatus } from './rollout-status.js';
import { DEFAULT_NAMESPACE, type VerbContext } from './verb-context.js';

export interface RolloutOptions {
  readonly action: string;
  readonly target: readonly string[];
  readonly namespace?: string;
  readonly toRevision?: number;
  readonly timeoutMs?: number;
  /** `status`: tell once, do not wait. */
  readonly once?: boolean;
}

const ROLLED = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
/** On the workload: another value tries a template again that did not come to serve (decision 252). */
const RETRIED_AT = 'rollback.solo-kubelet.dev/retried-at';
const POLL_MS = 500;

/** `rollout status|history|undo|restart|retry|pause|resume KIND/NAME`. What changes something writes the manifest. */
export const rollout = async (options: RolloutOptions, context: VerbContext): Promise<number> => {
  if (!ACTIONS.includes(options.action)) throw noAction(options.action);
  const pod = podIn(options.target);
  if (pod !== undefined && options.action === 'retry') return retryPod(pod, options.namespace ?? DEFAULT_NAMESPACE, context);
  const target = pod === undefined ? parseTarget(options.target) : { kind: { kind: 'Pod' } as ObjectKind, name: pod };
  if (!ROLLED.has(target.kind.kind)) {
    throw new CliError({
      code: 'CLI_USAGE',
      message: `a ${target.kind.kind} has no rollouts`,
      hint: `Deployments, StatefulSets and DaemonSets have.${pod === undefined ? '' : ' A Pod that went back by itself has rollout retry.'}`,
    });
  }
  const found = await findObject(target, options.namespace, context);
  switch (options.action) {
    case 'status':
      return status(found, options, context);
    case 'history':
      return history(found, options, context);
    case 'undo':
      return undo(found, options, context);
    case 'restart':
      return change(found, 'restarted', context, (object, document) =>
        setIn(object, document, ['spec', 'template', 'metadata', 'annotations', RESTARTED_AT], metaTime(context.now())),
      );
    case 'retry':
      if (found.kind.kind === 'StatefulSet') throw new CliError({ code: 'CLI_USAGE', message: 'a StatefulSet never goes back by itself' });
      return change(found, 'to be tried again', context, (object, document) =>
        setIn(object, document, ['metadata', 'annotations', RETRIED_AT], new Date(context.now()).toISOString()),
      );
    case 'pause':
    case 'resume':
      if (found.kind.kind !== 'Deployment')
        throw new CliError({ code: 'CLI_USAGE', message: `a ${found.kind.kind} cannot be ${options.action}d` });
      return change(found, `${options.action}d`, context, (object, document) => {
        if (options.action === 'pause') setIn(object, document, ['spec', 'paused'], true);
        else object.deleteIn(['spec', 'paused']);
      });
    default:
      throw noAction(options.action);
  }
};

const ACTIONS: readonly string[] = ['status', 'history', 'undo', 'restart', 'retry', 'pause', 'resume'];

const noAction = (action: string): Error =>
  new CliError({ code: 'CLI_USAGE', message: `there is no rollout ${action}`, hint: `There are: ${ACTIONS.join(', ')}.` });

/** The Pod that `pod/web`, or `pod web`, means; undefined for any other kind. */
const podIn = ([first = '', second]: readonly string[]): string | undefined => {
  const [, kind, name = second] = /^(pods?|po)(?:\/(.+))?$/.exec(first) ?? [];
  return kind === undefined ? undefined : name;
};

/** Sets a field of an object in a document, with the maps that lead to it. */
const setIn = (object: YAMLMap, document: Document, path: readonly string[], value: unknown): void => {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) {
    object.set(first, value);
    return;
  }
  if (object.get(first) === undefined || object.get(first) === null) object.set(first, document.createNode({}));
  setIn(object.get(first) as YAMLMap, document, rest, value);
};

const nameOf = ({ kind, object }: NamedObject): string => `${kind.kind.toLowerCase()}.${kind.group}/${object.metadata.name}`;

const change = async (
  found: NamedObject,
  done: string,
  context: VerbContext,
  edit: (object: YAMLMap, document: Document) => void,
): Promise<number> => {
  const { client, io, signal } = context;
  const { path, text } = await editObject(
    { kind: found.kind.kind, name: found.object.metadata.name, namespace: found.namespace, key: found.key },
    await client.listManifests({ signal }),
    edit,
  );
  await write(io.stdout, `${nameOf(found)} ${done} (${path})\n`);
  const { kind, key, namespace, object } = found;
  const find = async () => (await findObject({ kind, name: object.metadata.name }, namespace, context)).object;
  if (!(await takenUp({ path, text, key, find }, context)))
    await write(io.stderr, `the kubelet has not taken it up yet; see kubelet-cli get manifests\n`);
  return 0;
};

/** What a Pod of a document holds back has another try once its file is touched (decision 274). */
const retryPod = async (name: string, namespace: string, { client, io, signal, now }: VerbContext): Promise<number> => {
  const pod = findPod(await client.listPods({ signal }), name, namespace);
  const { name: full = '', annotations } = pod.metadata;
  if (annotations?.[HELD_BACK] === undefined) throw new CliError({ code: 'CLI_REFUSED', message: `nothing of pod/${full} is held back` });
  const path = fileOf({ kind: 'Pod', namespace, name: full, key: `${namespace}/${full}` }, await client.listManifests({ signal }));
  const at = new Date(now());
  await utimes(path, at, at);
  await write(io.stdout, `pod/${full} to be tried again (${path})\n`);
  return 0;
};
const HELD_BACK = 'rollback.solo-kubelet.dev/held-back';

const status = async (found: NamedObject, options: RolloutOptions, context: VerbContext): Promise<number> => {
  const { client, io, signal, now } = context;
  const limit = options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : now() + options.timeoutMs;
  let told = '';
  let object: NodeApiObject = found.object;
  for (;;) {
    const { message, done, failed } = rolloutStatus(object);
    if (message !== told) await write(failed ? io.stderr : io.stdout, `${failed ? 'error: ' : ''}${message}\n`);
    told = message;
    if (failed) return 1;
    if (done) return 0;
    if (options.once) return 1;
    if (now() >= limit) {
      await write(io.stderr, 'error: timed out waiting for the condition\n');
      return 1;
    }
    await delay(POLL_MS);
    if (signal.aborted) return 1;
    object = (await findObject({ kind: found.kind, name: found.object.metadata.name }, found.namespace, { client, signal })).object;
  }
};

const history = async (found: NamedObject, options: RolloutOptions, { io }: VerbContext): Promise<number> => {
  const revisions = found.object.revisions ?? [];
  await write(io.stdout, `${nameOf(found)}\n`);
  if (options.toRevision !== undefined) {
    const { stringify } = await import('yaml');
    const wanted = revisionOf(found, options.toRevision);
    await write(io.stdout, stringify(wanted.template, { aliasDuplicateObjects: false }));
    return 0;
  }
  const table = growingTable(['REVISION', 'CHANGE-CAUSE'], {});
  await write(io.stdout, table(revisions.map(({ revision, changeCause }) => [String(revision), changeCause ?? '<none>'])));
  return 0;
};

const revisionOf = (found: NamedObject, number: number): { readonly template: Readonly<Record<string, unknown>> } => {
  const revisions = found.object.revisions ?? [];
  const wanted = number === 0 ? revisions.at(-2) : revisions.find(({ revision }) => revision === number);
  if (wanted?.template !== undefined) return { template: wanted.template };
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: number === 0 ? `no rollout history found for ${nameOf(found)}` : `unable to find specified revision ${number} in history`,
    hint: `List them with: kubelet-cli rollout history ${nameOf(found)}`,
  });
};

const undo = (found: NamedObject, options: RolloutOptions, context: VerbContext): Promise<number> => {
  const { template } = revisionOf(found, options.toRevision ?? 0);
  return change(found, 'rolled back', context, (object, document) =>
    setIn(object, document, ['spec', 'template'], document.createNode(template)),
  );
};

export interface ScaleOptions {
  readonly target: readonly string[];
  readonly replicas: number;
  readonly namespace?: string;
}

/** `scale KIND/NAME --replicas N`: writes the manifest. */
export const scale = async (options: ScaleOptions, context: VerbContext): Promise<number> => {
  const target = parseTarget(options.target);
  if (!['Deployment', 'StatefulSet', 'ReplicaSet'].includes(target.kind.kind)) {
    throw new CliError({ code: 'CLI_USAGE', message: `a ${target.kind.kind} cannot be scaled` });
  }
  const found = await findObject(target, options.namespace, context);
  return change(found, 'scaled', context, (object, document) => setIn(object, document, ['spec', 'replicas'], options.replicas));
};
