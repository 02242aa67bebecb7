import { readFile, rm } from 'node:fs/promises';
import { yamlFault } from '@solo-kubelet/diagnostics/nesting';
import type { ManifestObject } from '@solo-kubelet/node-api';
import type { Document, YAMLMap } from 'yaml';
import { CliError } from '../cli-error.js';
import { manifestKey, writeManifest } from './manifest-files.js';

export interface ObjectIdentity {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `Deployment.apps/default/web`; `default/web-NODE` for a Pod. */
  readonly key: string;
}

/**
 * Changes an object where its manifest asks for it, and leaves all else of the file, comments among it, as it is. @throws CliError when no file of the
 * node holds the object
 */
export const editObject = async (
  identity: ObjectIdentity,
  manifests: readonly ManifestObject[],
  edit: (object: YAMLMap, document: Document) => void,
): Promise<EditedFile> => {
  const { path } = heldIn(identity, manifests);
  const text = await editText(await read(path), identity, edit, path);
  await writeManifest(path, text);
  return { path, text };
};

export interface EditedFile {
  readonly path: string;
  readonly text: string;
}

/** Takes objects out of the files that ask for them; a file that holds nothing else goes. Gives the path of each. @throws CliError as `editObject` */
export const removeObjects = async (
  identities: readonly ObjectIdentity[],
  manifests: readonly ManifestObject[],
): Promise<readonly string[]> => {
  const paths = identities.map((identity) => heldIn(identity, manifests).path);
  const keys = new Set<string | undefined>(identities.map(({ key }) => key));
  const texts = new Map<string, string | undefined>();
  for (const path of new Set(paths)) {
    if (manifests.every((one) => one.path !== path || keys.has(manifestKey(one)))) {
      texts.set(path, undefined);
      continue;
    }
    let text = await read(path);
    for (const [index, identity] of identities.entries()) if (paths[index] === path) text = await textWithout(text, identity, path);
    texts.set(path, text);
  }
  // Only once all of them are known to be possible.
  for (const [path, text] of texts) await (text === undefined ? rm(path) : writeManifest(path, text));
  return paths;
};

/** The file of an object. @throws CliError when no file of the node holds it */
export const fileOf = (identity: ObjectIdentity, manifests: readonly ManifestObject[]): string => heldIn(identity, manifests).path;

const heldIn = (identity: ObjectIdentity, manifests: readonly ManifestObject[]): ManifestObject => {
  const held = manifests.find((one) => manifestKey(one) === identity.key && one.state !== 'shadowed');
  if (held?.source === 'file') return held;
  throw new CliError({
    code: 'CLI_REFUSED',
    message: `${identity.kind} ${identity.namespace}/${identity.name} is not in a file of the manifest directory`,
    hint: held === undefined ? 'See kubelet-cli get manifests.' : `Change it where it comes from: ${held.path}`,
  });
};

const read = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `cannot read ${path}`, cause });
  });

/** The documents of a manifest, each with its own text, which stays as it is while nothing of the document changes. */
const documentsOf = async (text: string, path: string): Promise<readonly { readonly source: string; readonly document: Document }[]> => {
  const [yaml, { numbersAsWritten, splitDocuments }] = await Promise.all([import('yaml'), import('@solo-kubelet/pod-spec/schema')]);
  const fault = yamlFault(text, yaml);
  if (fault) throw new CliError({ code: 'CLI_REFUSED', message: `${path}:${fault.line}:${fault.column}: ${fault.message}` });
  return splitDocuments(text).flatMap((source) => {
    const documents = yaml.parseAllDocuments(source, { uniqueKeys: false, customTags: numbersAsWritten }) as Document[];
    return documents.map((document) => ({ source: documents.length === 1 ? source : printed(document), document }));
  });
};

const printed = (document: Document): string => document.toString({ lineWidth: 0 });

/** A document that has changed, in the place of its text. */
const rewritten = (source: string, document: Document): string => {
  const text = printed(document);
  return source.startsWith('---') && !text.startsWith('---') ? `---\n${text}` : text;
};

/** The text without one object: its document, or its item of a List. The rest stays as it is. */
export const textWithout = async (text: string, identity: ObjectIdentity, path: string): Promise<string> => {
  const { isMap, isSeq } = await import('yaml');
  const documents = await documentsOf(text, path);
  for (const [at, { source, document }] of documents.entries()) {
    if (document.errors.length > 0) continue;
    const items = isMap(document.contents) ? document.contents.get('items') : undefined;
    if (isSeq(items)) {
      const item = items.items.findIndex((one) => isMap(one) && isThis(one as YAMLMap, identity));
      if (item < 0) continue;
      items.delete(item);
      if (text.trimStart().startsWith('{')) return `${JSON.stringify(document.toJS(), undefined, 2)}\n`;
      return joined(documents.map((one, i) => (i === at ? rewritten(source, document) : one.source)));
    }
    if (!isMap(document.contents) || !isThis(document.contents as YAMLMap, identity)) continue;
    return joined(documents.filter((one, i) => i !== at && one.document.contents !== null).map((one) => one.source)).replace(/^---\n/, '');
  }
  throw new CliError({
    code: 'CLI_REFUSED',
    message: `${path} does not hold ${identity.kind} ${identity.name} in a form that can be changed here`,
  });
};

/** Documents behind each other, with a `---` wherever one lacks it. */
const joined = (sources: readonly string[]): string =>
  sources.map((source, i) => (i === 0 || source.startsWith('---') ? source : `---\n${source}`)).join('');

/** The text with one object changed. */
export const editText = async (
  text: string,
  identity: ObjectIdentity,
  edit: (object: YAMLMap, document: Document) => void,
  path: string,
): Promise<string> => {
  const { isMap, isSeq } = await import('yaml');
  const documents = await documentsOf(text, path);
  if (documents.length === 0) throw new CliError({ code: 'CLI_REFUSED', message: `${path} is empty` });
  for (const [at, { source, document }] of documents.entries()) {
    if (document.errors.length > 0) continue;
    const items = isMap(document.contents) ? document.contents.get('items') : undefined;
    const objects = isSeq(items) ? items.items : [document.contents];
    const object = objects.find((one) => isMap(one) && isThis(one as YAMLMap, identity));
    if (object === undefined) continue;
    edit(object as YAMLMap, document);
    if (text.trimStart().startsWith('{')) return `${JSON.stringify(document.toJS(), undefined, 2)}\n`;
    return joined(documents.map((one, i) => (i === at ? rewritten(source, document) : one.source)));
  }
  throw new CliError({
    code: 'CLI_REFUSED',
    message: `${path} does not hold ${identity.kind} ${identity.name} in a form that can be changed here`,
  });
};

const isThis = (object: YAMLMap, { kind, namespace, name }: ObjectIdentity): boolean =>
  object.get('kind') === kind &&
  object.getIn(['metadata', 'name']) === name &&
  (object.getIn(['metadata', 'namespace']) ?? 'default') === namespace;
