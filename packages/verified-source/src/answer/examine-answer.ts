import { type CheckManifestOptions, checkManifest, type ParseManifest, type PrepareManifest } from '@solo-kubelet/manifest-source';
import type { ImageList } from '../core/image-list.js';
import { imagesOfList, type SourceImage } from '../core/images/source-image.js';
import type { SourceDefinition } from '../core/source-definition.js';
import type { SourceRevision } from '../core/source-revision.js';
import type { SourceReason } from '../core/source-status.js';
import type { VerificationKey } from '../signatures/verification-keys.js';
import type { DetachedSignature } from '../signatures/verify-answer.js';
import { verifyContent } from '../signatures/verify-content.js';
import { readAnswer } from './read-answer.js';
import { readRevision } from './read-revision.js';
import type { ArchiveMember } from './unpack-archive.js';

/** An answer that is what its source requires, and that can be used as a whole. */
export interface ExaminedAnswer {
  /** What is given to the parser, and to the records of documents. */
  readonly text: Uint8Array;
  /** What is parsed in its place, where `text` is encrypted. */
  readonly prepared?: Uint8Array;
  readonly said: SourceRevision | undefined;
  readonly impliedRevision?: number | undefined;
  readonly verifiedBy: string;
  /** Documents that are for other nodes, such as `Pod default/web (site=berlin)`. */
  readonly elsewhere: readonly string[];
  /** The images that come along with it. */
  readonly imageList?: ImageList;
  /** The images that the source itself has, and that are fetched before anything of the answer begins. */
  readonly images: readonly SourceImage[];
}

export type Examination =
  | { readonly ok: true; readonly answer: ExaminedAnswer }
  | { readonly ok: false; readonly reason: SourceReason; readonly message: string };

export interface ExamineOptions {
  readonly source: SourceDefinition;
  /** Name of the source among all origins. */
  readonly path: string;
  readonly nodeName: string;
  readonly keys: readonly VerificationKey[];
  readonly prepare?: PrepareManifest | undefined;
  readonly parse?: ParseManifest | undefined;
}

/** Problems of documents that a message names. */
const MAX_SHOWN = 3;

/** The one way from bytes to something that may run: what comes from the network goes it, and what comes from the disk. */
export const examineAnswer = async (
  content: Uint8Array,
  signature: DetachedSignature | undefined,
  { source, path, nodeName, keys, prepare, parse }: ExamineOptions,
): Promise<Examination> => {
  const refused = (reason: SourceReason, message: string): Examination => ({ ok: false, reason, message });
  // Nothing of it is read before it is known whose it is.
  const verified = await verifyContent(source, content, signature, keys);
  if (!verified.ok) return verified;
  const opened = await readAnswer(content, { prepare, source });
  if (!opened.ok) return opened;
  const { sealed: isEncrypted, members, imageList } = opened;
  const read = readRevision(opened.clear);
  if (!read.ok) return refused('ManifestInvalid', read.message);
  const checkOptions = { source: 'http' as const, path, nodeName, ...(parse && { parse }) };
  const whole = checkManifest(read.body, checkOptions);
  const { asks, elsewhere } = whole;
  const { problems, found } =
    members === undefined ? { problems: whole.problems, found: asks.length } : checkMembers(members, checkOptions);
  // Each file may be right, and one still hide the next when they are read as one.
  if (problems.length === 0 && (whole.problems.length > 0 || found !== asks.length))
    return refused(
      'ArchiveInvalid',
      `the files of its archive can't be read as one manifest${isEncrypted ? '' : (whole.problems.map((each) => `: ${each}`)[0] ?? '')}`,
    );
  if (problems.length > 0) {
    // What an encrypted file says is a secret, and messages quote it.
    if (isEncrypted)
      return refused(
        'ManifestInvalid',
        `${problems.length} of its documents can't be used (the words are left out, since the file is encrypted)`,
      );
    const more = problems.length > MAX_SHOWN ? ` (and ${problems.length - MAX_SHOWN} more)` : '';
    return refused('ManifestInvalid', `${problems.slice(0, MAX_SHOWN).join('; ')}${more}`);
  }
  const { namespaces } = source;
  const outside =
    namespaces && asks.find(({ namespace }) => (namespace === undefined ? !source.clusterScoped : !namespaces.includes(namespace)));
  if (outside !== undefined) {
    const { kind, namespace, name } = outside;
    const where = namespace === undefined ? 'is in no namespace' : `is in the namespace ${namespace}`;
    return refused('NamespaceForbidden', `${kind} ${name} ${where}; this source may use ${namespaces?.join(', ') || 'none'}`);
  }
  const images = [...(read.revision?.images ?? []), ...(imageList === undefined ? [] : imagesOfList(imageList))];
  const twice = images.find(({ name }, at) => images.findIndex((one) => one.name === name) !== at);
  if (twice !== undefined)
    return refused('ManifestInvalid', `the image ${twice.name} is in spec.images of its SourceRevision and in its list of images`);
  return {
    ok: true,
    answer: {
      ...(isEncrypted ? { text: content, prepared: read.body } : { text: read.body }),
      said: read.revision,
      impliedRevision: verified.impliedRevision,
      verifiedBy: verified.verifiedBy,
      // What an encrypted file says is a secret.
      elsewhere: elsewhere.map(({ line, name, selector }) => (isEncrypted ? `line ${line}` : `${name} (${selector})`)),
      ...(imageList && { imageList }),
      images,
    },
  };
};

/** What is wrong with the files of an archive, each with its own places, and how many documents they have for this node. */
const checkMembers = (
  members: readonly ArchiveMember[],
  options: CheckManifestOptions,
): { readonly problems: readonly string[]; readonly found: number } => {
  const problems: string[] = [];
  let found = 0;
  for (const [at, { name, content }] of members.entries()) {
    const read = at === 0 ? readRevision(content) : undefined;
    const body = read?.ok === true ? read.body : content;
    if (saysNothing(body)) continue;
    const checked = checkManifest(body, { ...options, path: `${options.path}/${name}` });
    problems.push(...checked.problems);
    found += checked.asks.length;
  }
  return { problems, found };
};

/** Nothing but white space, comments and markers: what is left of a file that held the revision alone. */
const saysNothing = (body: Uint8Array): boolean =>
  new TextDecoder()
    .decode(body)
    .split('\n')
    .every((line) => /^\s*(#.*|---\s*(#.*)?|\.\.\.\s*)?$/.test(line));
