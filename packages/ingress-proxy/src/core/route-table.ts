/** Where requests go, whatever proxy carries them: made from Ingresses, and as well from anything else that routes by host and path. */
export interface RouteTable {
  /** By name; a name has letters, digits, `-`, `_` and `.` only. */
  readonly backends: ReadonlyMap<string, Backend>;
  /** In the order in which they are tried: exact hosts, wildcards, any host; in each the longest path, Exact before Prefix. */
  readonly routes: readonly Route[];
  /** For a host that no route of fits; `` is any. */
  readonly fallbacks: ReadonlyMap<string, string>;
  /** One for each name that a client may ask for by SNI. */
  readonly certificates: readonly Certificate[];
  /** Whether there is anything to serve, by HTTP and by HTTPS. */
  readonly listens: { readonly http: boolean; readonly https: boolean };
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
