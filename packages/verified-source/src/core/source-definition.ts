import type { SourceRollout } from './rollout/rollout-policy.js';

/** A digest that an answer must have. */
export interface PinnedHash {
  readonly algorithm: 'sha256' | 'sha512';
  /** Lower-case hexadecimal. */
  readonly hex: string;
  /** Of what it is. Default: of the answer; an artifact's is that of its manifest, which names the digest of the answer. */
  readonly of?: 'artifact';
}

/** How a bucket is asked. */
export interface BucketAccess {
  /** http or https, without a path. Default: AWS's in `region`. */
  readonly endpoint?: string;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** Whether URLs have the bucket in their path rather than in their host. Default: where `endpoint` is given, or the bucket's name has a dot. */
  readonly pathStyle?: boolean;
  /** File of AWS's form. Default: the environment of the kubelet. */
  readonly credentialsFile?: string;
  /** Of the file. Default `default`. */
  readonly profile?: string;
  /** Whether requests are not signed, as of a public bucket. Default false. */
  readonly anonymous?: boolean;
}

/** How a registry is asked. */
export interface RegistryAccess {
  /** Whether the registry has no TLS. Default false. */
  readonly plainHTTP?: boolean;
}

export interface TufDefinition {
  /** File of a root.json, with which trust begins. */
  readonly rootFile: string;
  /** Directory of the metadata, http or https. */
  readonly metadataUrl: string;
  /** Path of what is taken, as the metadata list it; the URL of the source ends with it. */
  readonly target: string;
}

/** What vouches for what a source answers. */
export type Requirement = 'signature' | 'hash' | 'none';

/** One source of manifests, as a file of the source directory describes it; defaults are filled in. */
export interface SourceDefinition {
  /** A DNS label, unique on the node. */
  readonly name: string;
  /** http, https, s3 or oci; see `parseSourceUrl`. */
  readonly url: string;
  /** Of URLs of s3. */
  readonly s3?: BucketAccess;
  /** Of URLs of oci. */
  readonly oci?: RegistryAccess;
  /** Time between two checks, ms. Default 5 min. */
  readonly intervalMs: number;
  /** Part of the interval that each wait is longer or shorter by at random, 0 to 1. Default 0.1. */
  readonly jitter: number;
  /** Limit of one request with its answer, ms. Default 60 s. */
  readonly timeoutMs: number;
  /** Size beyond which an answer is refused. Default and most: what a manifest may have (3 MiB). */
  readonly maxBytes: number;
  /** Most bytes that may be fetched of the images of one revision. Default 16 GiB. */
  readonly maxImageBytes: number;
  readonly require: Requirement;
  readonly hash?: PinnedHash;
  /** Public keys as they stand in the file; one that fits is enough. */
  readonly keys: readonly string[];
  /** Files of public keys. */
  readonly keyFiles: readonly string[];
  /** Where the detached signature is. Default: the URL with `.minisig`, `.sig` or `.sigstore.json` behind its path. */
  readonly signatureUrl?: string;
  /** What `ssh-keygen -Y sign -n` was given. Default `solo-kubelet`. */
  readonly sshNamespace: string;
  /** The repository of The Update Framework that vouches for the answer, instead of keys. */
  readonly tuf?: TufDefinition;
  /** PEM files: authorities to trust instead of those that Node.js has, and the client's certificate with its key. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** File of headers, `Name: value` on a line. */
  readonly headersFile?: string;
  /** Namespaces that its documents may be in. Default: all, and objects without one too. */
  readonly namespaces?: readonly string[];
  /** Whether objects without a namespace are taken where `namespaces` is given. Default false. */
  readonly clusterScoped: boolean;
  /** Which source has a name that two ask for: the higher number. Default 0, as that of the manifest directory. */
  readonly priority: number;
  /** Put on everything that the source asks for. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether an answer without a revision is refused, where a signature is required. Default `required`. */
  readonly revisions: 'required' | 'optional';
  /** How long a source may go without a new revision before a warning, ms; 0: for ever. Default 30 days. */
  readonly renewWithinMs: number;
  /** When new revisions begin, and how they are tried. Default: at once, without a trial, unless the publisher says otherwise. */
  readonly rollout?: SourceRollout;
}
