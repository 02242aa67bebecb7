import { readFile } from 'node:fs/promises';
import { checkYaml, MAX_JSON_LEVELS, nestsDeeper } from '@solo-kubelet/diagnostics/nesting';
import type { ApiCore } from '../create-api-core.js';
import { fullCatalog } from '../resources/resource-catalog.js';

/** An object of a file, and where it stands there. */
interface Found {
  readonly object: Readonly<Record<string, unknown>>;
  readonly place: string;
}

const MAX_CHARACTERS = 10 * 1024 * 1024;
const ADMIN = { username: 'admin', groups: ['system:masters'] };

/** What a manifest holds, lists expanded. The YAML library is loaded for this alone, and not before. @throws Error naming file and document */
const objectsOf = async (text: string, path: string): Promise<readonly Found[]> => {
  if (text.length > MAX_CHARACTERS) throw new Error(`${path}: a manifest may have ${MAX_CHARACTERS} characters`);
  const yaml = await import('yaml');
  try {
    checkYaml(text, yaml);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
  return yaml.parseAllDocuments(text, { uniqueKeys: false }).flatMap((document, index) => {
    const place = `${path}, document ${index + 1}`;
    const [fault] = document.errors;
    if (fault !== undefined) throw new Error(`${place}: ${fault.message}`);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    // Aliases of a flat text can make a deep value.
    if (nestsDeeper(value, MAX_JSON_LEVELS)) throw new Error(`${place}: it nests deeper than ${MAX_JSON_LEVELS} levels`);
    if (value === null || value === undefined) return [];
    const items =
      (value as { readonly kind?: unknown; readonly items?: unknown }).kind === 'List' ? (value as Found['object'])['items'] : [value];
    if (!Array.isArray(items)) throw new Error(`${place}: a List needs items`);
    return items.map((object: unknown) => {
      if (typeof object !== 'object' || object === null || Array.isArray(object)) throw new Error(`${place}: this is no object`);
      return { object: object as Found['object'], place };
    });
  });
};

/**
 * Creates what manifests hold, one after the other, as a client of all rights would: with defaults, judged, and the status that they say.
 * @throws Error naming file, document and what the server answered
 */
export const loadObjects = async (core: ApiCore, paths: readonly string[], nowMs: number): Promise<void> => {
  for (const path of paths) for (const found of await objectsOf(await readFile(path, 'utf8'), path)) create(core, found, nowMs);
};

const create = (core: ApiCore, { object, place }: Found, nowMs: number): void => {
  const { apiVersion, kind, metadata, status } = object as {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly metadata?: { readonly name?: string; readonly namespace?: string };
    readonly status?: unknown;
  };
  const [version = '', group = ''] = (apiVersion ?? '').split('/').reverse();
  const resource = fullCatalog.resources.find(
    (each) => each.group === group && each.version === version && each.kind === kind && each.rules,
  );
  if (resource === undefined) throw new Error(`${place}: there is no kind ${JSON.stringify(kind)} in ${JSON.stringify(apiVersion)}`);
  const base = `${group === '' ? '/api' : `/apis/${group}`}/${version}`;
  const inNamespace = resource.namespaced ? `/namespaces/${encodeURIComponent(metadata?.namespace ?? 'default')}` : '';
  const collection = `${base}${inNamespace}/${resource.plural}`;
  const send = (method: string, target: string, value: unknown): Readonly<Record<string, unknown>> => {
    const body = Buffer.from(JSON.stringify(value));
    const answer = core.handle({ method, target, headers: { 'content-type': 'application/json' }, body, user: ADMIN, nowMs });
    const answered = JSON.parse(Buffer.from(answer.type === 'answer' ? answer.body : '{}').toString()) as { readonly message?: string };
    if (answer.type === 'answer' && answer.code < 300) return answered as Readonly<Record<string, unknown>>;
    throw new Error(`${place}: ${answered.message ?? 'the server did not take it'}`);
  };
  const made = send('POST', collection, object);
  if (status === undefined || !resource.subresources.some(({ name }) => name === 'status')) return;
  const { name = '' } = made['metadata'] as { readonly name?: string };
  send('PUT', `${collection}/${encodeURIComponent(name)}/status`, { ...made, status });
};
