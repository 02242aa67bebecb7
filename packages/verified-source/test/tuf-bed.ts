import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { Key, Metadata, MetaFile, Root, Signature, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';
import type { WebServer } from './bed.js';
import { DelegatedRole, Delegations } from './tuf-delegations.js';

export interface TufSigner {
  readonly key: Key;
  readonly secret: KeyObject;
}

export const tufSigner = (): TufSigner => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const hex = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  const keyID = createHash('sha256').update(hex).digest('hex');
  return { key: new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: hex } }), secret: privateKey };
};

type Signable = Root | Timestamp | Snapshot | Targets;

export const signed = (content: Signable, signers: readonly TufSigner[]): string => {
  const metadata = new Metadata(content);
  for (const { key, secret } of signers)
    metadata.sign((bytes) => new Signature({ keyID: key.keyID, sig: sign(null, bytes, secret).toString('hex') }));
  return JSON.stringify(metadata.toJSON());
};

const SPEC = '1.0.31';
const YEAR_MS = 365 * 86_400_000;
export const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString().replace(/\.\d+Z$/, 'Z');

const ROLES = ['root', 'timestamp', 'snapshot', 'targets'] as const;
export type RoleName = (typeof ROLES)[number];

const fileOf = (path: string, content: string, custom?: Record<string, number>): TargetFile =>
  new TargetFile({
    path,
    length: Buffer.byteLength(content),
    hashes: { sha256: createHash('sha256').update(content).digest('hex') },
    ...(custom && { unrecognizedFields: { custom } }),
  });

export interface TufVersion {
  /** Of targets, snapshot and timestamp alike, where nothing else is said. */
  readonly version: number;
  readonly content: string;
  readonly custom?: Record<string, number>;
  readonly expires?: Partial<Record<RoleName, string>>;
  readonly versions?: Partial<Record<Exclude<RoleName, 'root'>, number>>;
  /** Who signs, where it is not who should. */
  readonly signers?: Partial<Record<Exclude<RoleName, 'root'>, readonly TufSigner[]>>;
  /** Name of a role that lists the target in place of `targets`. */
  readonly delegated?: string;
}

/** A TUF repository on a web server, made by the library that publishers use, below `/metadata` and `/targets`. */
export const tufRepository = (server: WebServer, { threshold = 1, target = 'site.yaml' } = {}) => {
  const newKeys = (count = threshold): TufSigner[] => Array.from({ length: count }, tufSigner);
  const signers: Record<RoleName, TufSigner[]> = { root: newKeys(), timestamp: newKeys(1), snapshot: newKeys(1), targets: newKeys() };
  const delegate = tufSigner();
  let rootVersion = 0;

  const putRoot = (by: readonly TufSigner[], expires = inMs(YEAR_MS)): string => {
    rootVersion += 1;
    const root = new Root({ version: rootVersion, specVersion: SPEC, expires, consistentSnapshot: true });
    for (const role of ROLES) for (const { key } of signers[role]) root.addKey(key, role);
    for (const role of ['root', 'targets'] as const) Object.assign(root.roles[role] ?? {}, { threshold });
    const text = signed(root, by);
    server.files.set(`/metadata/${rootVersion}.root.json`, text);
    return text;
  };
  const firstRoot = putRoot(signers.root);

  return {
    firstRoot,
    signers,
    target,
    url: `${server.url}/targets/${target}`,
    tuf: (rootFile: string) => ({ rootFile, metadataUrl: `${server.url}/metadata`, target }),
    /** Puts new keys in the place of those of some roles, by a root that the old and the new keys sign. Gives the root. */
    rotate: (roles: readonly RoleName[], by?: readonly TufSigner[]): string => {
      const before = signers.root;
      for (const role of roles) signers[role] = newKeys(role === 'root' || role === 'targets' ? threshold : 1);
      return putRoot(by ?? [...new Set([...before, ...signers.root])]);
    },
    expireRoot: (): string => putRoot(signers.root, inMs(-1_000)),
    publish: ({ version, content, custom, expires = {}, versions = {}, signers: others = {}, delegated }: TufVersion): void => {
      const of = (role: Exclude<RoleName, 'root'>) => ({
        version: versions[role] ?? version,
        specVersion: SPEC,
        expires: expires[role] ?? inMs(YEAR_MS),
      });
      const by = (role: Exclude<RoleName, 'root'>): readonly TufSigner[] => others[role] ?? signers[role];
      const file = fileOf(target, content, custom);
      const roles: Record<string, string> = {};
      if (delegated === undefined) {
        roles['targets'] = signed(new Targets({ ...of('targets'), targets: { [target]: file } }), by('targets'));
      } else {
        const role = new DelegatedRole({
          name: delegated,
          keyIDs: [delegate.key.keyID],
          threshold: 1,
          terminating: true,
          paths: ['*.yaml'],
        });
        const delegations = new Delegations({ keys: { [delegate.key.keyID]: delegate.key }, roles: { [delegated]: role } });
        roles['targets'] = signed(new Targets({ ...of('targets'), version: 1, delegations }), by('targets'));
        roles[delegated] = signed(new Targets({ ...of('targets'), targets: { [target]: file } }), [delegate]);
      }
      const meta = Object.fromEntries(
        Object.entries(roles).map(([name, text]) => [
          `${name}.json`,
          new MetaFile({ version: (JSON.parse(text) as { signed: { version: number } }).signed.version, ...listing(text) }),
        ]),
      );
      const snapshot = signed(new Snapshot({ ...of('snapshot'), meta }), by('snapshot'));
      const snapshotMeta = new MetaFile({ version: of('snapshot').version, ...listing(snapshot) });
      const timestamp = signed(new Timestamp({ ...of('timestamp'), snapshotMeta }), by('timestamp'));
      for (const [name, text] of Object.entries(roles)) server.files.set(`/metadata/${meta[`${name}.json`]?.version}.${name}.json`, text);
      server.files.set(`/metadata/${of('snapshot').version}.snapshot.json`, snapshot);
      server.files.set('/metadata/timestamp.json', timestamp);
      server.files.set(targetPath(target, file), content);
    },
    /** Where a target of some content is. */
    pathOf: (content: string): string => targetPath(target, fileOf(target, content)),
  };
};

const listing = (text: string) => ({
  length: Buffer.byteLength(text),
  hashes: { sha256: createHash('sha256').update(text).digest('hex') },
});

const targetPath = (target: string, { hashes }: TargetFile): string => {
  const parts = target.split('/');
  return `/targets/${[...parts.slice(0, -1), `${hashes['sha256']}.${parts.at(-1)}`].join('/')}`;
};
