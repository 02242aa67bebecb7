import type { StoredObject } from '@solo-kubelet/api-server';
import { yamlFault } from '@solo-kubelet/diagnostics/nesting';
import { numbersAsWritten, splitDocuments } from '@solo-kubelet/pod-spec/schema';
import type { Document, YAMLMap, YAMLSeq } from 'yaml';
import { editMap, quoteTexts } from './edit-node.js';
import { writtenForm } from './written-form.js';

/** What to do to one object of a file. */
export interface ObjectEdit {
  readonly apiVersion: string;
  readonly kind: string;
  /** As the file has it. */
  readonly name: string;
  readonly namespace: string;
  /** As it was known; undefined for one that is new in the file. */
  readonly before: StoredObject | undefined;
  /** As it is to be; undefined to take it out. */
  readonly after: StoredObject | undefined;
  /** Whether the file is to name the uid of a Pod from now on, so that an edit changes it in place. */
  readonly pinUid: boolean;
}

/** The file holds no such object in a form that can be changed. */
export class NotInFile extends Error {
  /** `isUneditable`: nothing of the file can be changed, so that reading it again does not help. */
  constructor(
    message: string,
    readonly isUneditable: boolean = false,
  ) {
    super(message);
  }
}

/**
 * The text of a manifest after edits; undefined if nothing is left in it. Objects beside those that are edited, comments and the order of fields stay.
 * @throws NotInFile
 */
export const editManifest = async (text: string, edits: readonly ObjectEdit[], header: string): Promise<string | undefined> => {
  const yaml = await import('yaml');
  const fault = yamlFault(text, yaml);
  if (fault) throw new NotInFile(`${fault.message}, at line ${fault.line}, column ${fault.column}`, true);
  const sources = new Map<Document, string>();
  for (const source of text.trim() === '' ? [] : splitDocuments(text)) {
    const parsed = yaml.parseAllDocuments(source, { uniqueKeys: false, customTags: numbersAsWritten }) as Document[];
    for (const document of parsed) sources.set(document, parsed.length === 1 ? source : document.toString(AS_IT_IS));
  }
  let documents = [...sources.keys()];
  for (const edit of edits) {
    if (edit.before === undefined) {
      const document = new yaml.Document(writtenForm(edit.after!, edit)) as Document;
      quoteTexts(yaml, document);
      document.commentBefore = header;
      documents.push(document);
      continue;
    }
    documents = editDocuments(yaml, documents, edit, (changed) => sources.delete(changed));
  }
  const kept = documents.filter((document) => document.contents !== null);
  if (kept.length === 0) return undefined;
  if (text.trimStart().startsWith('{'))
    return kept.length === 1 ? `${JSON.stringify(kept[0]!.toJS(), undefined, 2)}\n` : joined(kept, sources);
  return joined(kept, sources);
};

const AS_IT_IS = { lineWidth: 0 };

/** Documents with `---` between them. `sources`: the text of those that nothing of has changed. */
const joined = (documents: readonly Document[], sources: ReadonlyMap<Document, string>): string =>
  documents
    .map((document, i) => {
      const text = sources.get(document) ?? document.toString(AS_IT_IS);
      if (i === 0) return text.replace(/^---\n/, '');
      return text.startsWith('---') ? text : `---\n${text}`;
    })
    .map((text) => (text.endsWith('\n') ? text : `${text}\n`))
    .join('');

type Library = typeof import('yaml');

const editDocuments = (
  yaml: Library,
  documents: readonly Document[],
  edit: ObjectEdit,
  onChange: (document: Document) => void,
): Document[] => {
  for (const document of documents) {
    if (document.errors.length > 0 || !yaml.isMap(document.contents)) continue;
    const contents = document.contents as YAMLMap;
    if (isThis(contents, edit)) {
      if (edit.after === undefined) return documents.filter((each) => each !== document);
      onChange(document);
      editObject(yaml, document, contents, edit, edit.after);
      return [...documents];
    }
    const items = contents.get('items', true) as unknown;
    if (!yaml.isSeq(items)) continue;
    const list = items as YAMLSeq;
    const item = list.items.find((each) => yaml.isMap(each) && isThis(each as YAMLMap, edit));
    if (item === undefined) continue;
    onChange(document);
    if (edit.after === undefined) {
      list.items = list.items.filter((each) => each !== item);
      return list.items.length === 0 ? documents.filter((each) => each !== document) : [...documents];
    }
    editObject(yaml, document, item as YAMLMap, edit, edit.after);
    return [...documents];
  }
  throw new NotInFile(`it does not hold ${edit.kind} ${edit.name} in a form that can be changed`);
};

const editObject = (yaml: Library, document: Document, node: YAMLMap, edit: ObjectEdit, after: StoredObject): void => {
  const [was, is] = [writtenForm(edit.before!, edit), writtenForm(after, edit)];
  // A file may name a Secret's values as text; what is written now is the value itself.
  const strings = node.get('stringData', true) as unknown;
  if (yaml.isMap(strings)) {
    const [old, now] = [dataOf(was), dataOf(is)];
    for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) if (old[key] !== now[key]) strings.delete(key);
    if (strings.items.length === 0) node.delete('stringData');
  }
  editMap(yaml, document, node, was, is);
  const { uid } = after.metadata;
  const metadata = node.get('metadata', true) as unknown;
  if (edit.pinUid && uid !== undefined && yaml.isMap(metadata) && !metadata.has('uid')) metadata.set('uid', uid);
};

const dataOf = (object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  (object['data'] ?? {}) as Readonly<Record<string, unknown>>;

const isThis = (node: YAMLMap, { apiVersion, kind, name, namespace }: ObjectEdit): boolean =>
  node.get('kind') === kind &&
  (node.get('apiVersion') ?? apiVersion) === apiVersion &&
  node.getIn(['metadata', 'name']) === name &&
  (namespace === '' || (node.getIn(['metadata', 'namespace']) ?? 'default') === namespace);
