import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type GroupKind, type IncludeObject, type Table, tableFor } from '../src/index.js';

interface Step {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly expect: { readonly code: number; readonly body?: unknown };
}
interface Script {
  readonly id: string;
  readonly keep?: readonly string[];
  readonly steps: readonly Step[];
}
interface ApiObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string };
}

const DIRECTORY = process.env['SOLO_KUBELET_CONFORMANCE_DIR'];
const NOW = Date.parse('2030-06-15T12:00:00Z');

/** Kinds by the resource in a path, for lists without any object. */
const KINDS: Readonly<Record<string, string>> = {
  clusterrolebindings: 'ClusterRoleBinding',
  controllerrevisions: 'ControllerRevision',
  cronjobs: 'CronJob',
  daemonsets: 'DaemonSet',
  deployments: 'Deployment',
  endpoints: 'Endpoints',
  endpointslices: 'EndpointSlice',
  events: 'Event',
  horizontalpodautoscalers: 'HorizontalPodAutoscaler',
  ingressclasses: 'IngressClass',
  ingresses: 'Ingress',
  jobs: 'Job',
  leases: 'Lease',
  namespaces: 'Namespace',
  nodes: 'Node',
  poddisruptionbudgets: 'PodDisruptionBudget',
  pods: 'Pod',
  podtemplates: 'PodTemplate',
  priorityclasses: 'PriorityClass',
  replicasets: 'ReplicaSet',
  replicationcontrollers: 'ReplicationController',
  resourcequotas: 'ResourceQuota',
  roles: 'Role',
  rolebindings: 'RoleBinding',
  runtimeclasses: 'RuntimeClass',
  secrets: 'Secret',
  services: 'Service',
  statefulsets: 'StatefulSet',
  storageclasses: 'StorageClass',
};

const kindOfPath = (path: string): GroupKind | undefined => {
  const [, group = '', resource = ''] = /^\/api(?:s\/([^/]+))?\/v\d+\/(\w+)\?/.exec(path) ?? [];
  return Object.hasOwn(KINDS, resource) ? { group, kind: KINDS[resource]! } : undefined;
};

const readScripts = (directory: string): readonly Script[] =>
  gunzipSync(readFileSync(join(directory, 'api', 'api.jsonl.gz')))
    .toString()
    .split('\n')
    .filter((line) => /^\{"id": ?"table\//.test(line))
    .map((line) => JSON.parse(line) as Script);

/** What the record calls `<uid:0>`, `<port>` and so on becomes something of the same form; times count up to ours. */
const filledIn = <Value>(value: Value): Value =>
  JSON.parse(
    JSON.stringify(value)
      .replace(/<uid:(\d+)>/g, 'uid-$1')
      .replaceAll('"<port>"', '31234')
      .replaceAll('<port>', '31234')
      .replaceAll('<time>', '2030-06-15T12:00:00Z')
      .replace(/\{\{now([-+]\d+)\}\}/g, (_text, seconds: string) => new Date(NOW + Number(seconds) * 1000).toISOString()),
  );

const AGE = /^(\d+[smhdy])+$/;
const sameCell = (expected: unknown, actual: unknown): boolean => {
  if (expected === actual) return true;
  if (typeof expected !== 'string' || typeof actual !== 'string') return false;
  if (expected === '<age>') return AGE.test(actual);
  return expected === actual.replace(/\(\S+ ago\)/, '(<age> ago)');
};

const isObject = (body: unknown): body is ApiObject =>
  typeof body === 'object' && body !== null && 'metadata' in body && 'kind' in body && body.kind !== 'Table' && body.kind !== 'Status';

const groupKind = ({ apiVersion, kind }: ApiObject): GroupKind => ({
  group: apiVersion.includes('/') ? apiVersion.split('/')[0]! : '',
  kind,
});

const sorted = (list: readonly object[] = []): string => JSON.stringify(list.map((item) => Object.entries(item).sort()));

/** The Tables of a script whose one object another step showed whole, beside what we make of that object. */
const compareScript = ({ steps, keep = [] }: Script): { compared: number; differences: readonly string[] } => {
  let object: ApiObject | undefined;
  let compared = 0;
  const differences: string[] = [];
  for (const { path, expect: answer } of steps) {
    if (isObject(answer.body)) object = filledIn(answer.body);
    const table = filledIn(answer.body ?? null) as Table | null;
    if (object === undefined || table?.kind !== 'Table' || table.rows.length !== 1 || /\/scale$|labelSelector|fieldSelector/.test(path))
      continue;
    const includeObject = new URLSearchParams(path.split('?')[1]).get('includeObject') as IncludeObject | null;
    const ours = tableFor(groupKind(object), [object], { now: NOW, ...(includeObject !== null && { includeObject }) });
    compared += 1;
    const [theirs] = table.rows;
    const [mine] = ours.rows;
    const cells = theirs!.cells.map((cell, index) =>
      sameCell(cell, mine!.cells[index]) ? '' : `${JSON.stringify(cell)} was ${JSON.stringify(mine!.cells[index])}`,
    );
    const wrong = cells.filter((text) => text !== '');
    if (theirs!.cells.length !== mine!.cells.length) wrong.push('number of cells');
    if (sorted(theirs!.conditions) !== sorted(mine!.conditions)) wrong.push('conditions');
    const columns = ours.columnDefinitions!.map(({ description, ...rest }) => ({
      ...(keep.includes('descriptions') && { description }),
      ...rest,
    }));
    if (sorted(table.columnDefinitions!) !== sorted(columns)) wrong.push('columns');
    differences.push(...wrong.map((text) => `${path}: ${text}`));
  }
  return { compared, differences };
};

/** The columns of scripts that ask for an empty list, with their descriptions. */
const compareColumns = ({ steps }: Script): { compared: number; differences: readonly string[] } => {
  const compared = steps.flatMap(({ path, expect: { body } }) => {
    const kind = kindOfPath(path);
    return kind === undefined
      ? []
      : [{ path, same: sorted((body as Table).columnDefinitions!) === sorted(tableFor(kind, [], { now: NOW }).columnDefinitions!) }];
  });
  return { compared: compared.length, differences: compared.filter(({ same }) => !same).map(({ path }) => `columns of ${path}`) };
};

describe('Tables that a real API server answered with', () => {
  it.skipIf(DIRECTORY === undefined)(
    'have the rows we make of the same objects (skipped unless SOLO_KUBELET_CONFORMANCE_DIR is set)',
    () => {
      const results = readScripts(DIRECTORY!).map((script) => ({
        id: script.id,
        ...(script.id.startsWith('table/columns/') ? compareColumns(script) : compareScript(script)),
      }));
      const compared = results.reduce((sum, result) => sum + result.compared, 0);
      expect(results.flatMap(({ id, differences }) => differences.map((text) => `${id} ${text}`))).toEqual([]);
      expect(compared).toBeGreaterThan(150);
    },
  );
});
