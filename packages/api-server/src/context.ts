import type { FeatureGates } from '@solo-kubelet/pod-spec/schema';
import type { Authorizer, UserInfo } from './access/authorizer.js';
import type { TokenClaims } from './access/token-claims.js';
import type { DescribeField } from './discovery/field-words.js';
import type { Patcher } from './registry/patcher.js';
import type { OutputFormat } from './request/media-types.js';
import type { RequestInfo } from './request/request-info.js';
import type { ResourceCatalog } from './resources/resource-catalog.js';
import type { ObjectTables } from './respond/object-tables.js';
import type { ObjectStore } from './store/object-store.js';
import type { StoredObject } from './stored-object.js';

/** What the core needs from outside. */
export interface CoreParts {
  readonly store: ObjectStore;
  readonly authorizer: Authorizer;
  readonly tables: ObjectTables;
  readonly patcher: Patcher;
  /** Who a token of the token file stands for. */
  readonly userOf: (token: string) => UserInfo | undefined;
  /** What tokens of service accounts are for, and who issues them, where they say nothing else. Default that of Kubernetes. */
  readonly issuer?: string;
  /** What a token of a service account says, if it is one of ours. */
  readonly verifyToken: (token: string) => TokenClaims | undefined;
  /** A new identity. */
  readonly newUid: () => string;
  /** A number from 0 up to below 1. */
  readonly random: () => number;
  /** Makes a token of a service account: header, claims and signature. */
  readonly signToken: (claims: TokenClaims & Readonly<Record<string, unknown>>) => string;
  /** Told of every request whose sender is known, before it is looked at any further. */
  readonly onRequest?: (request: ApiRequest, user: UserInfo, info: RequestInfo) => void;
  /** What is served. Default: every kind that this package knows. */
  readonly catalog?: ResourceCatalog;
  /** The node whose Pods' logs and streams can be reached; requests for them become answers of type `node`. Default: none. */
  readonly nodeName?: string;
  /** Fields of later releases are there where their gate is on. Default: all have their default. */
  readonly featureGates?: FeatureGates;
  /** Whether Pods of files may be given ephemeral containers. Default: they may not, since no API server can tell their kubelet. */
  readonly debugsStaticPods?: boolean;
  /**
   * Whether Pods of workloads begin without a request of their own: then what a namespace enforces holds their templates. Default: they do not, since
   * controllers ask for each Pod.
   */
  readonly enforcesOnTemplates?: boolean;
  /** Where addresses and ports of Services are from. Default: 10.96.0.0/16 and 30000 to 32767. */
  readonly serviceNetwork?: ServiceNetworkParts;
  /** What OpenAPI documents say of fields, once that is loaded. Default: nothing. */
  readonly describeField?: () => DescribeField | undefined;
}

export interface ServiceNetworkParts {
  /** One block of IPv4 addresses, such as `10.96.0.0/16`; undefined: who carries Services out gives them their addresses. */
  readonly range: string | undefined;
  /** Both included. */
  readonly nodePorts: { readonly from: number; readonly to: number };
}

/** One request on its way through the core. */
export interface ApiRequest {
  readonly method: string;
  /** The path with its query, as it came. */
  readonly target: string;
  /** By lower-case name; what came several times is a list. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  /** The body was larger than is read. */
  readonly bodyTooLarge?: boolean;
  /** Who the connection itself says is asking (a client certificate); it goes before a token. `untrusted`: its certificate is worth nothing. */
  readonly user?: UserInfo | 'untrusted';
  /** The address that it comes from. */
  readonly peer?: string;
  readonly nowMs: number;
}

/** A write that a dry run does not make. */
export interface RehearsedWrite {
  readonly type: 'put' | 'remove';
  readonly bucket: string;
  readonly key: string;
  /** As it would be; as it is, if it would go. */
  readonly object: StoredObject;
  /** As it is; undefined if it would be new. */
  readonly previous?: StoredObject;
}

/** Told of each write that a dry run does not make; gives the object that is answered. */
export type Rehearse = (write: RehearsedWrite) => StoredObject;

export interface RequestContext {
  readonly parts: CoreParts;
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
  readonly output: OutputFormat;
  /** Becomes a Warning header. */
  readonly warn: (text: string) => void;
  /** The time as objects have it. */
  readonly nowText: string;
  readonly rehearse: Rehearse;
}

/** As Kubernetes writes a time, to the second. */
export const timeText = (nowMs: number): string => `${new Date(nowMs).toISOString().slice(0, 19)}Z`;

export const headerOf = (request: ApiRequest, name: string): string => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : (value?.join(', ') ?? '');
};
