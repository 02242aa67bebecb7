import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Identity, Role } from '../auth/identity.js';

export interface RequestContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly identity: Identity;
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
}

/** A connection that asked to be upgraded (SPDY or WebSocket): the bytes after the header belong to the handler. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
}

/** One path of the API. `debugging` paths are switched off together by enableDebuggingHandlers: false. */
export interface Route {
  readonly methods: readonly ('GET' | 'HEAD' | 'POST' | 'PUT')[];
  /** Such as `/exec/:namespace/:pod/:container` or `/logs/*`; see routeMatcher. */
  readonly path: string;
  /** The weakest role that may use it. It is a field of the route, so that what is authorized is what is served. */
  readonly role: Role;
  /** What a refusal names, as upstream does (pkg/kubelet/server/auth.go). Default `proxy`. */
  readonly subresources?: readonly string[];
  readonly debugging?: boolean;
  /** Also served on the read-only port, which asks nobody who he is. */
  readonly readOnly?: boolean;
  /** How many ordinary requests one is worth where requests have to wait (`createFlowControl`). Default 1. */
  readonly cost?: number;
  /** Waits among its like alone, which are started more often: a supervisor that gets no answer kills the kubelet. */
  readonly isHealthCheck?: boolean;
  handle?(exchange: RequestContext): Promise<void> | void;
  upgrade?(upgrade: Upgrade): Promise<void>;
}
