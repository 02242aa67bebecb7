import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type ApiType,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  defaultManager,
  isKnownType,
  type JsonObject,
  keepUnchangedTimes,
  type PatchError,
  readJsonPatch,
  readMergePatch,
  readStrategicMergePatch,
  recordUpdate,
  serverSideApply,
} from '../src/index.js';

/**
 * Holds this package against recorded answers of an API server, each step for itself: what it makes of a request and of the object that the
 * server showed before must be what the server showed next. Reading, defaults and validation are the server's, so fields that it adds do not count.
 */
interface Step {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
  readonly words?: string;
  readonly repeat?: unknown;
  readonly expect: { readonly code: number; readonly body?: JsonObject; readonly headers?: { readonly Warning?: readonly string[] } };
}
interface Script {
  readonly id: string;
  readonly keep?: readonly string[];
  readonly steps: readonly Step[];
}

const DIRECTORY = process.env['SOLO_KUBELET_CONFORMANCE_DIR'];

const readScripts = (directory: string): readonly Script[] =>
  gunzipSync(readFileSync(join(directory, 'api', 'api.jsonl.gz')))
    .toString()
    .split('\n')
    .filter((line) => /^\{"id": ?"patch-/.test(line))
    .map((line) => JSON.parse(line) as Script);

/** What a server makes of its own accord of an object that was patched: it takes back or takes out fields. */
const SERVER_OWN: ReadonlySet<string> = new Set([
  'patch-apply/status/apply-status-with-spec',
  'patch-apply/status/status-changes-metadata',
  'patch-misc/immutable/namespace-labels',
  'patch-strategic/deployment/kind-other',
  'patch-strategic/node/pod-cidrs',
  'patch-strategic/pod-status/spec-ignored',
  'patch-strategic/service/external-name-clear',
  'patch-strategic/serviceaccount/secrets-field',
]);

/** Fields that are given to a new object after its managers were recorded: addresses and the priority. */
const LATER_FIELDS: readonly string[] = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'priority', 'preemptionPolicy'];

const asRequested = (answer: JsonObject, sent: unknown): JsonObject => {
  const spec = answer['spec'] as JsonObject | undefined;
  if (spec === undefined) return answer;
  const given = ((sent ?? {}) as JsonObject)['spec'] ?? {};
  return {
    ...answer,
    spec: Object.fromEntries(Object.entries(spec).filter(([key]) => !LATER_FIELDS.includes(key) || key in (given as object))),
  };
};

const NOW = '<time>';
const metadataOf = (object: JsonObject): JsonObject => object['metadata'] as JsonObject;
const typeOf = (object: JsonObject): ApiType => object as unknown as ApiType;
const withManagers = (object: JsonObject, managedFields: unknown): JsonObject => {
  const { managedFields: _entries, ...metadata } = metadataOf(object);
  return { ...object, metadata: { ...metadata, ...(managedFields === undefined ? {} : { managedFields }) } } as JsonObject;
};

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (typeof value === 'object' && Object.values(value as object).every(isEmpty));

/** Where an answer lacks what a patched object has; empty if nowhere. Lists must be of the same length. */
const lacking = (answer: unknown, patched: unknown, path = ''): readonly string[] => {
  if (/^\.(status|metadata\.(managedFields|resourceVersion|generation|uid|selfLink|creationTimestamp|namespace))$/.test(path)) return [];
  if (Array.isArray(patched) && Array.isArray(answer) && patched.length === answer.length)
    return patched.flatMap((item, index) => lacking(answer[index], item, `${path}[${index}]`));
  if (typeof patched === 'object' && patched !== null && !Array.isArray(patched)) {
    const object = typeof answer === 'object' && answer !== null ? (answer as JsonObject) : {};
    return Object.entries(patched)
      .filter(([key]) => !key.startsWith('$'))
      .flatMap(([key, value]) => lacking(object[key], value, `${path}.${key}`));
  }
  if (answer === patched || (answer === undefined && isEmpty(patched)) || (isEmpty(answer) && isEmpty(patched))) return [];
  return typeof patched === 'object'
    ? [`${path}: ${JSON.stringify(answer)} for ${JSON.stringify(patched)}`]
    : [`${path}: ${String(answer)} for ${String(patched)}`];
};

type Outcome = { readonly ok: true; readonly object: unknown } | { readonly ok: false; readonly error: PatchError };

const textOf = ({ body, text }: Step): string => (body === undefined ? (text ?? '') : JSON.stringify(body));

const patch = (step: Step, live: JsonObject): Outcome | undefined => {
  const validate = !step.path.includes('fieldValidation=Ignore');
  const text = textOf(step);
  const form = (step.headers?.['Content-Type'] ?? '').split(';')[0];
  if (form === 'application/json-patch+json') {
    const read = readJsonPatch(text, { validate });
    return read.ok ? applyJsonPatch(live, read.patch) : read;
  }
  if (form === 'application/merge-patch+json') {
    const read = readMergePatch(text, { validate });
    return read.ok ? applyMergePatch(live, read.patch) : read;
  }
  if (form !== 'application/strategic-merge-patch+json') return undefined;
  const read = readStrategicMergePatch(text, { validate });
  return read.ok ? applyStrategicMergePatch(typeOf(live), live, read.patch) : read;
};

interface Tally {
  objects: number;
  managers: number;
  errors: number;
  readonly wrong: string[];
}

class Replay {
  readonly kept = new Map<string, JsonObject>();

  constructor(
    readonly script: Script,
    readonly tally: Tally,
  ) {}

  step(step: Step): void {
    const [path = '', query = ''] = step.path.split('?');
    const parameters = new URLSearchParams(query);
    const subresource = /\/(status|scale|resize|ephemeralcontainers)$/.exec(path)?.[1] ?? '';
    const { code, body } = step.expect;
    const place =
      step.method === 'POST' && body?.['metadata'] ? `${path}/${String(metadataOf(body)['name'])}` : path.replace(/\/status$/, '');
    const live = this.kept.get(place);
    if (step.method === 'DELETE') this.kept.delete(place);
    const manager = parameters.get('fieldManager') || defaultManager(step.headers?.['User-Agent'] ?? 'corpus/1');
    const isJudged = subresource !== 'scale' && step.repeat === undefined && !/fieldValidation=(?:Foo|strict)/.test(query);
    if (isJudged && ['POST', 'PUT', 'PATCH'].includes(step.method))
      this.judge(step, { live, manager, subresource, force: !['false', '0', null].includes(parameters.get('force')) });
    const isShown = code < 300 && body?.['metadata'] !== undefined && body['kind'] !== 'Status' && subresource !== 'scale';
    if (isShown && !parameters.has('dryRun')) this.kept.set(place, body);
    // A scale changes the object, which the answer does not show.
    else if (subresource === 'scale' && step.method !== 'GET') this.kept.delete(path.replace(/\/scale$/, ''));
  }

  judge(
    step: Step,
    { live, manager, subresource, force }: { live: JsonObject | undefined; manager: string; subresource: string; force: boolean },
  ): void {
    const { code, body } = step.expect;
    const isApply = step.headers?.['Content-Type'] === 'application/apply-patch+yaml';
    const shown = code < 300 ? body : live;
    const type = shown ?? (isApply && typeof step.body === 'object' ? (step.body as JsonObject) : undefined);
    if (type === undefined || body === undefined || !isKnownType(typeOf(type))) return;
    const request = { manager, subresource, now: NOW };
    if (isApply) {
      if (step.body === undefined || (live === undefined && code >= 300)) return;
      const result = serverSideApply({ type: typeOf(type), live, applied: step.body, force, ...request });
      this.compare(step, result);
      if (result.ok && code < 300)
        this.compareManagers(
          step,
          live === undefined ? result.object : keepUnchangedTimes(live, withManagers(body, metadataOf(result.object)['managedFields'])),
        );
      return;
    }
    let given: unknown = ((step.body ?? {}) as JsonObject)['metadata'];
    if (step.method === 'PATCH') {
      if (live === undefined) return;
      const result = patch(step, live);
      if (result === undefined) return;
      this.compare(step, result);
      given = result.ok && result.object !== null ? (result.object as JsonObject)['metadata'] : undefined;
    }
    if (code >= 300) return;
    const after = withManagers(body, ((given ?? {}) as JsonObject)['managedFields']);
    const before = step.method === 'POST' ? undefined : live;
    const updated = recordUpdate({
      type: typeOf(body),
      before,
      after: before === undefined ? asRequested(after, step.body) : after,
      ...request,
    });
    this.compareManagers(step, before === undefined ? updated : keepUnchangedTimes(before, updated));
  }

  compare(step: Step, result: Outcome): void {
    const { code, body } = step.expect;
    const wrong = (text: string): void => void this.tally.wrong.push(`${this.script.id} ${step.method} ${step.path}: ${text}`);
    if (result.ok) {
      if (code >= 300) return;
      this.tally.objects += 1;
      const isDecoded = step.path.includes('fieldValidation=Ignore') || step.expect.headers?.Warning !== undefined;
      // Fields that no type has are dropped when the object is read.
      const missing = lacking(body, result.object).filter((text) => !isDecoded || !text.includes(': undefined for '));
      if (!SERVER_OWN.has(this.script.id)) for (const text of missing) wrong(text);
      return;
    }
    this.tally.errors += 1;
    const { error } = result;
    if (error.code !== code) wrong(`${error.code} ${error.message} for ${code} ${String(body?.['message'])}`);
    else if (step.words !== 'free' && error.message !== body?.['message']) wrong(`${error.message} for ${String(body?.['message'])}`);
    if (error.type !== 'applyConflict') return;
    const causes = ((body?.['details'] ?? {}) as JsonObject)['causes'] as readonly unknown[];
    expect(new Set(error.causes)).toEqual(new Set(causes));
  }

  compareManagers(step: Step, object: JsonObject): void {
    if (!this.script.keep?.includes('managedFields')) return;
    this.tally.managers += 1;
    const sorted = (entries: unknown): readonly string[] =>
      ((entries ?? []) as JsonObject[])
        .map((entry) =>
          JSON.stringify(entry, (_, value: unknown) =>
            typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value,
          ),
        )
        .sort();
    const [ours, theirs] = [sorted(metadataOf(object)['managedFields']), sorted(metadataOf(step.expect.body ?? {})['managedFields'])];
    if (ours.join() !== theirs.join())
      this.tally.wrong.push(`${this.script.id} ${step.method} ${step.path}: ${ours.join()} for ${theirs.join()}`);
  }
}

describe('recorded patches', () => {
  it.skipIf(DIRECTORY === undefined)('come to what an API server made of them (skipped without SOLO_KUBELET_CONFORMANCE_DIR)', () => {
    const tally: Tally = { objects: 0, managers: 0, errors: 0, wrong: [] };
    for (const script of readScripts(DIRECTORY!)) {
      const replay = new Replay(script, tally);
      for (const step of script.steps) replay.step(step);
    }
    expect(tally.wrong).toEqual([]);
    expect(tally.objects).toBeGreaterThan(100);
    expect(tally.managers).toBeGreaterThan(100);
    expect(tally.errors).toBeGreaterThan(50);
  });
});
