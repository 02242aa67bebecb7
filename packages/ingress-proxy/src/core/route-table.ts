/** Programs that carry requests as a table says. */
export type ProxyName = 'haproxy' | 'nginx';

/** Where requests go, whatever proxy carries them: made from Ingresses, and from Gateways and their HTTPRoutes. */
export interface RouteTable {
  /** By name; a name has letters, digits, `-`, `_` and `.` only. */
  readonly backends: ReadonlyMap<string, Backend>;
  /** In the order in which they are tried: exact hosts, wildcards, any host; in each the longest path, Exact before Prefix. */
  readonly routes: readonly Route[];
  /** For requests for a host that none of its routes fits, by host; `` is any. They have all that routes have, and the path `/`. */
  readonly fallbacks: ReadonlyMap<string, Route>;
  /** One for each name that a client may ask for by SNI. */
  readonly certificates: readonly Certificate[];
  /** Whether Ingresses have anything to serve, by HTTP and by HTTPS. */
  readonly listens: { readonly http: boolean; readonly https: boolean };
  /** What requests by HTTP get at `/.well-known/acme-challenge/TOKEN` at the port of Ingresses, whatever their host, by token: for as long as an ACME server asks. */
  readonly challenges: ReadonlyMap<string, string>;
  /** File with the certificates that vouch for servers of `auth-url` which are none of ours. */
  readonly caBundle?: string;
  /** Of Gateways, in the order in which hosts are tried at a port: exact ones, the longest wildcard, any. */
  readonly listeners: readonly Listener[];
}

/** A port and a host of a Gateway. At a port of Ingresses, requests that fit none of its rules are theirs. */
export interface Listener {
  /** `namespace/name` of the Gateway. */
  readonly gateway: string;
  readonly name: string;
  readonly port: number;
  /** Exact, `*.` and a suffix for one label or more, or `` for any. Lower case. */
  readonly host: string;
  /** For HTTPS; undefined: HTTP. */
  readonly certificates?: readonly { readonly certificate: string; readonly key: string }[];
  /** In the order in which they are tried. */
  readonly rules: readonly ListenerRule[];
}

export interface ListenerRule {
  /** As that of a listener. */
  readonly host: string;
  readonly path: string;
  readonly pathType: 'Exact' | 'Prefix';
  readonly method?: string;
  /** Names in lower case. */
  readonly headers: readonly NamedValue[];
  readonly query: readonly NamedValue[];
  /** `namespace/name` of the HTTPRoute. */
  readonly route?: string;
  /** Rules with one action have the same object. */
  readonly action: RouteAction;
}

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** What becomes of a request. */
export interface RouteAction {
  /** Where it goes, by weight; one without a name is answered with 500, as is everything where there is none. */
  readonly backends: readonly WeightedBackend[];
  /** How long a server may keep silent, ms; then the answer is 504. */
  readonly timeoutMs?: number;
  readonly requestHeaders: HeaderChanges;
  readonly responseHeaders: HeaderChanges;
  readonly redirect?: {
    readonly scheme?: string;
    readonly host?: string;
    readonly port?: number;
    readonly path?: PathChange;
    readonly status: number;
  };
  /** Backends that get a copy of `numerator` of `denominator` requests. */
  readonly mirrors?: readonly Mirror[];
  readonly rewrite?: { readonly host?: string; readonly path?: PathChange };
}

export interface Mirror {
  readonly name: string;
  readonly numerator: number;
  readonly denominator: number;
}

export interface WeightedBackend {
  readonly name?: string;
  readonly weight: number;
  /** Beside those of the rule, after them. */
  readonly requestHeaders?: HeaderChanges;
  readonly responseHeaders?: HeaderChanges;
}

/** `prefix`: how many elements of the path `text` takes the place of; without it of all. */
export interface PathChange {
  readonly text: string;
  readonly prefix?: number;
}

export interface HeaderChanges {
  readonly set: readonly NamedValue[];
  readonly add: readonly NamedValue[];
  readonly remove: readonly string[];
}

export interface Route {
  /** Exact, `*.` and a suffix for one label more, or `` for any. Lower case. */
  readonly host: string;
  /** Compared with the decoded path of a request in which slashes that follow each other are one. */
  readonly path: string;
  readonly pathType: 'Exact' | 'Prefix';
  readonly backend: string;
  /** `namespace/name` of the Ingress. */
  readonly ingress: string;
  readonly auth?: AuthRequest;
  /** Requests by HTTP are sent to HTTPS. */
  readonly httpsOnly?: boolean;
}

/** Routes, and those of defaults. */
export const allRoutes = ({ routes, fallbacks }: Pick<RouteTable, 'routes' | 'fallbacks'>): readonly Route[] => [
  ...routes,
  ...fallbacks.values(),
];

export interface Backend {
  readonly name: string;
  /** What its servers speak: HTTP/1.1, HTTP/2 without TLS (gRPC), or HTTP/1.1 over TLS whose certificate is not checked. */
  readonly protocol: 'http' | 'h2c' | 'https';
  readonly endpoints: readonly BackendEndpoint[];
}

export interface BackendEndpoint {
  readonly address: string;
  readonly port: number;
}

/** Another server is asked first whether a request may pass, as nginx' `auth_request`. */
export interface AuthRequest {
  readonly url: string;
  /** Where the server is, if it is one of ours; else it is found by DNS. */
  readonly backend?: string;
  /** Where a browser is sent that may not pass; `$host`, `$scheme`, `$request_uri` and `$escaped_request_uri` stand in it. */
  readonly signin?: string;
  /** Headers of its answer that the request gets. */
  readonly responseHeaders: readonly string[];
}

/** Undefined texts: the node makes one itself. */
export interface Certificate {
  readonly hosts: readonly string[];
  readonly pem?: { readonly certificate: string; readonly key: string };
}

/** Something that whoever wrote an Ingress should know. */
export interface RouteProblem {
  /** `namespace/name`. */
  readonly ingress: string;
  readonly reason: string;
  readonly message: string;
}
