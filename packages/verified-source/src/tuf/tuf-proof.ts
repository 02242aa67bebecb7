import { Readable } from 'node:stream';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import type { Metadata, Root, TargetFile, Targets } from '@tufjs/models';

/**
 * Everything of a TUF repository that vouches for one target, so that it can be verified again without a network: the roots that followed the configured
 * one, and the roles from `targets` to the one that lists the target. Times of expiry do not count in it.
 */
export interface TufProof {
  readonly roots: readonly string[];
  readonly roles: readonly TufRole[];
}

export interface TufRole {
  readonly name: string;
  readonly text: string;
}

export interface VouchedTarget {
  readonly target: TargetFile;
  /** Version of the last root. */
  readonly rootVersion: number;
  /** Version of the role that lists the target. */
  readonly version: number;
  /** Name of that role. */
  readonly role: string;
  /** `custom.revision` of the target, or else that version. */
  readonly revision: number;
}

/** @throws Error for a text that holds no proof */
export const parseTufProof = (text: string): TufProof => {
  const proof = parseBoundedJson(text) as Partial<TufProof> | null;
  const { roots, roles } = proof ?? {};
  const isRoles = Array.isArray(roles) && roles.length > 0 && roles.every((role: TufRole) => isText(role?.name) && isText(role?.text));
  if (!Array.isArray(roots) || !roots.every(isText) || !isRoles) throw new Error('it is no metadata of a TUF repository');
  return { roots, roles };
};

/** What it is signed over is written anew, which recurses. */
const parseMetadata = (text: string) => parseBoundedJson(text) as Parameters<typeof Metadata.fromJSON>[1];

const isText = (value: unknown): value is string => typeof value === 'string';

/** A root that vouches for itself. @throws (rejects) Error that says what is wrong with it */
export const parseTufRoot = async (text: string): Promise<Metadata<Root>> => {
  const { Metadata, MetadataKind } = await import('@tufjs/models');
  const root = Metadata.fromJSON(MetadataKind.Root, parseMetadata(text));
  root.verifyDelegate(MetadataKind.Root, root);
  return root;
};

/**
 * What a proof says of a target, where every signature in it is good, from the trusted root on.
 * @throws (rejects) Error that says what is wrong with it
 */
export const readTufProof = async (trustedRoot: string, { roots, roles }: TufProof, target: string): Promise<VouchedTarget> => {
  const { Metadata, MetadataKind } = await import('@tufjs/models');
  let root = await parseTufRoot(trustedRoot);
  for (const text of roots) {
    const next = Metadata.fromJSON(MetadataKind.Root, parseMetadata(text));
    // The configured root may be one that followed since.
    if (next.signed.version <= root.signed.version) continue;
    if (next.signed.version !== root.signed.version + 1) throw new Error(`root ${root.signed.version + 1} is missing`);
    root.verifyDelegate(MetadataKind.Root, next);
    next.verifyDelegate(MetadataKind.Root, next);
    root = next;
  }
  let above: Metadata<Root> | Metadata<Targets> = root;
  let last: Metadata<Targets> | undefined;
  for (const { name, text } of roles) {
    if (last === undefined ? name !== MetadataKind.Targets : !delegatesOf(last, target).some(({ role }) => role === name))
      throw new Error(`nobody lets the role ${JSON.stringify(name)} vouch for ${target}`);
    const role: Metadata<Targets> = Metadata.fromJSON(MetadataKind.Targets, parseMetadata(text));
    above.verifyDelegate(name, role);
    last = role;
    above = role;
  }
  const listed = last && listedIn(last, target);
  if (last === undefined || listed === undefined) throw new Error(`it does not list ${target}`);
  const { version } = last.signed;
  const { revision = version } = listed.custom;
  if (!Number.isSafeInteger(revision) || (revision as number) < 0)
    throw new Error(`custom.revision of ${target} is no whole number from 0`);
  return {
    target: listed,
    rootVersion: root.signed.version,
    version,
    role: roles.at(-1)?.name ?? '',
    revision: revision as number,
  };
};

/** Whether a target has the length and every hash that is listed. @throws (rejects) Error that says what is wrong with it */
export const verifyTufTarget = async (target: TargetFile, content: Uint8Array): Promise<void> => {
  if (Object.keys(target.hashes).length === 0) throw new Error('no hash of it is listed');
  await target.verify(Readable.from([Buffer.from(content)]));
};

/** The roles from `targets` to the first that lists a target, in the order in which a client asks them; undefined where none does. */
export const findTufRoles = async (
  textOf: (role: string) => string | undefined,
  target: string,
): Promise<readonly TufRole[] | undefined> => {
  const { Metadata, MetadataKind } = await import('@tufjs/models');
  const seen = new Set<string>();
  /** `ended`: a role that listed nothing lets nobody after it be asked. */
  const search = (name: string, above: readonly TufRole[]): readonly TufRole[] | 'ended' | undefined => {
    const text = seen.has(name) ? undefined : textOf(name);
    if (text === undefined) return undefined;
    seen.add(name);
    const chain = [...above, { name, text }];
    const role = Metadata.fromJSON(MetadataKind.Targets, parseMetadata(text));
    if (listedIn(role, target) !== undefined) return chain;
    for (const { role: next, terminating } of delegatesOf(role, target)) {
      const found = search(next, chain);
      if (found !== undefined) return found;
      if (terminating) return 'ended';
    }
    return undefined;
  };
  const found = search(MetadataKind.Targets, []);
  return found === 'ended' ? undefined : found;
};

const listedIn = ({ signed: { targets } }: Metadata<Targets>, target: string): TargetFile | undefined =>
  Object.hasOwn(targets, target) ? targets[target] : undefined;

const delegatesOf = ({ signed: { delegations } }: Metadata<Targets>, target: string) => [...(delegations?.rolesForTarget(target) ?? [])];
