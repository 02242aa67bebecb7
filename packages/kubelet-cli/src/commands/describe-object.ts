import type { ObjectKind } from '@solo-kubelet/object-spec/kinds';
import type { Container } from '@solo-kubelet/pod-spec';
import { write } from '../cli-io.js';
import type { NodeApiObject } from '../client/node-client.js';
import { objectPrinter } from '../output/object-printer.js';
import { formatTable } from '../output/table.js';
import { describeEvents, field, mapLines, ownerLines } from './describe-fields.js';
import { describeIngress } from './describe-ingress.js';
import { findObject, parseTarget } from './find-object.js';
import type { VerbContext } from './verb-context.js';

export interface DescribeObjectOptions {
  /** `deploy/web`, or `deploy` and `web`. */
  readonly target: readonly string[];
  readonly namespace?: string;
}

/** `describe KIND NAME`: identity, the columns of `get -o wide`, what its Pods are made from, conditions, where its manifest is, and its events. */
export const describeObject = async ({ target, namespace }: DescribeObjectOptions, context: VerbContext): Promise<number> => {
  const { kind, name } = parseTarget(target);
  const { client, io, signal, now } = context;
  const found = await findObject({ kind, name }, namespace, context);
  const [manifests, events] = await Promise.all([client.listManifests({ signal }), client.listEvents({ signal })]);
  const manifest = manifests.find(({ object }) => object === found.key);
  const about = events.filter(
    ({ involvedObject: of }) =>
      of?.kind === kind.kind && of.name === name && (!kind.namespaced || (of.namespace ?? 'default') === found.namespace),
  );
  await write(
    io.stdout,
    [
      describeIdentity(found.object, kind),
      ...(manifest
        ? [field('Manifest', `${manifest.path} (${manifest.state})`), ...(manifest.message ? [field('', manifest.message)] : [])]
        : []),
      describeColumns(found.object, kind, now),
      describeIngress(found.object),
      describeTemplate(found.object),
      describeData(found.object),
      describeConditions(found.object),
      describeEvents(about, now),
    ].join(''),
  );
  return 0;
};

const describeIdentity = ({ metadata }: NodeApiObject, kind: ObjectKind): string =>
  [
    field('Name', metadata.name),
    ...(kind.namespaced ? [field('Namespace', metadata.namespace ?? 'default')] : []),
    field('UID', metadata.uid ?? ''),
    ...(metadata.creationTimestamp ? [field('CreationTimestamp', metadata.creationTimestamp)] : []),
    mapLines('Labels', metadata.labels, '='),
    mapLines('Annotations', metadata.annotations, ': '),
    ownerLines(metadata.ownerReferences),
  ].join('');

/** Every column but the name, as a field. */
const describeColumns = (object: NodeApiObject, kind: ObjectKind, now: () => number): string => {
  const { columns, wideColumns, row, wideRow } = objectPrinter(kind, { now, withNamespace: false });
  const cells = [...row(object), ...(wideRow?.(object) ?? [])];
  return [...columns, ...(wideColumns ?? [])]
    .map((name, i) => [name, cells[i] ?? ''] as const)
    .filter(([name]) => !['NAME', 'AGE', 'CONTAINERS', 'IMAGES'].includes(name))
    .map(([name, value]) => field(titled(name), value))
    .join('');
};

const titled = (column: string): string =>
  column
    .split(' ')
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join(' ');

const describeTemplate = ({ spec }: NodeApiObject): string => {
  const template = (spec?.['template'] ?? (spec?.['jobTemplate'] as Template | undefined)?.spec?.template) as Template['template'];
  if (template?.spec === undefined) return '';
  const { initContainers = [], containers = [] } = template.spec;
  const lines = ([title, list]: readonly [string, readonly Container[]]): string =>
    list.length === 0 ? '' : `  ${title}:\n${list.map(({ name = '', image = '' }) => field(name, image, 4)).join('')}`;
  return `Pod Template:\n${lines(['Init Containers', initContainers])}${lines(['Containers', containers])}`;
};

interface Template {
  readonly template?: { readonly spec?: { readonly initContainers?: readonly Container[]; readonly containers?: readonly Container[] } };
  readonly spec?: Template;
}

/** Names of what an object holds; what they are is not told: it is often secret, and a description is often pasted. */
const describeData = (object: NodeApiObject): string => {
  const { data, binaryData } = object as NodeApiObject & { readonly data?: object; readonly binaryData?: object };
  const names = [...Object.keys(data ?? {}), ...Object.keys(binaryData ?? {})];
  return names.length === 0 ? '' : `Data:\n${names.map((name) => `  ${name}\n`).join('')}`;
};

interface Condition {
  readonly type: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

const describeConditions = ({ status }: NodeApiObject): string => {
  const conditions = (status?.['conditions'] ?? []) as readonly Condition[];
  if (conditions.length === 0) return '';
  const rows = conditions.map(({ type, status: value = '', reason = '', message = '' }) => [`  ${type}`, value, reason, message]);
  return `Conditions:\n${formatTable(['  Type', 'Status', 'Reason', 'Message'], rows).replace(/(?<! ) +$/gm, '')}`;
};
