import { type ObjectKind, objectKinds } from '@solo-kubelet/object-spec/kinds';
import { CliError } from '../cli-error.js';
import { tableWidth, write } from '../cli-io.js';
import { parseLabelSelector } from '../client/label-selector.js';
import type { NodeApiObject } from '../client/node-client.js';
import { objectPrinter } from '../output/object-printer.js';
import { objectTable } from '../output/print-objects.js';
import { podPrinter } from '../output/printers.js';
import type { GetOptions } from './get-options.js';
import { DEFAULT_NAMESPACE, inNamespace, type VerbContext } from './verb-context.js';

/** Whether an object of the kind is one that the options ask for. */
export const isWantedObject = (kind: ObjectKind, options: GetOptions): ((object: NodeApiObject) => boolean) => {
  const matches = options.selector === undefined ? () => true : parseLabelSelector(options.selector);
  return (object) =>
    object.kind === kind.kind &&
    (!kind.namespaced || inNamespace([object], ({ metadata }) => metadata.namespace ?? DEFAULT_NAMESPACE, options).length > 0) &&
    matches(object.metadata.labels) &&
    (options.names.length === 0 || options.names.includes(object.metadata.name));
};

/** The objects of a kind that the options ask for. @throws CliError CLI_NOT_FOUND for a name that nothing has */
export const wantedObjects = async (
  kind: ObjectKind,
  options: GetOptions,
  { client, signal }: VerbContext,
): Promise<readonly NodeApiObject[]> => {
  const objects = (await client.listObjects({ signal })).filter(isWantedObject(kind, options));
  const missing = options.names.find((name) => !objects.some(({ metadata }) => metadata.name === name));
  if (missing === undefined) return objects;
  const group = kind.group === '' ? '' : `.${kind.group}`;
  throw new CliError({
    code: 'CLI_NOT_FOUND',
    message: `${kind.plural}${group} "${missing}" not found`,
    hint: `List them with: kubelet-cli get ${kind.plural} -A`,
  });
};

/** What `get all` lists, in kubectl's order. */
const ALL_KINDS = ['Service', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet', 'CronJob', 'Job'] as const;

/** `get all`: Pods and workloads, each kind as a table of its own. */
export const getAll = async (options: GetOptions, context: VerbContext): Promise<number> => {
  const { client, io, signal, now } = context;
  const withNamespace = options.allNamespaces === true;
  const matches = options.selector === undefined ? () => true : parseLabelSelector(options.selector);
  const maxWidth = tableWidth(io);
  const table = { wide: options.output === 'wide', ...(maxWidth === undefined ? {} : { maxWidth }) };
  const parts: string[] = [];
  const pods = inNamespace(await client.listPods({ signal }), ({ metadata }) => metadata?.namespace, options).filter(({ metadata }) =>
    matches(metadata?.labels),
  );
  const named = podPrinter({ now, withNamespace });
  const at = withNamespace ? 1 : 0;
  const podRows = { ...named, row: (pod: (typeof pods)[number]) => named.row(pod).map((cell, i) => (i === at ? `pod/${cell}` : cell)) };
  if (pods.length > 0) parts.push(objectTable(podRows, table)(pods));
  const objects = await client.listObjects({ signal });
  for (const name of ALL_KINDS) {
    const kind = objectKinds.find((one) => one.kind === name);
    const ofKind = kind === undefined ? [] : objects.filter(isWantedObject(kind, options));
    if (kind !== undefined && ofKind.length > 0)
      parts.push(objectTable(objectPrinter(kind, { now, withNamespace, withKind: true }), table)(ofKind));
  }
  if (parts.length > 0) await write(io.stdout, parts.join('\n'));
  else
    await write(
      io.stderr,
      withNamespace ? 'No resources found\n' : `No resources found in ${options.namespace ?? DEFAULT_NAMESPACE} namespace.\n`,
    );
  return 0;
};
