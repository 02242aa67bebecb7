import { wildcardOf } from '../match-route.js';
import { CHALLENGE_PATH, type IngressPorts, type OpenPort, portsOf } from '../open-ports.js';
import type { RouteTable } from '../route-table.js';
import type { HostClass } from './host-classes.js';
import { serverBlocks } from './nginx-servers.js';
import { bytesOf, createNginxVariables, escapedPattern, quoted } from './nginx-text.js';

export interface NginxOptions extends IngressPorts {
  /** Beside the generations: of the process, its log and its socket. */
  readonly directory: string;
  /** Where it says its generation; fits into the address of a socket. */
  readonly statusSocket: string;
  /** Where the files of this generation are. */
  readonly generationDirectory: string;
  /** Counts generations; the socket tells which one serves. */
  readonly generation: number;
  /** Where requests are taken. */
  readonly addresses: readonly string[];
  /** Who the workers are; undefined: nobody else. */
  readonly runAs?: { readonly user: string; readonly group: string } | undefined;
  /** Addresses of the servers of DNS, for servers of `auth-url` that are none of ours. */
  readonly resolvers: readonly string[];
  /** Certificates by the name of their file, in the order of the table; the first of a port is the one for all other names. */
  readonly certificates: readonly {
    readonly file: string;
    readonly hosts: readonly string[];
    /** Of a Gateway's port; undefined: of the Ingresses. */
    readonly port?: number;
    /** Kind of its key: of several for one name, nginx shows one of each. */
    readonly kind: string;
  }[];
}

/** Of the process, in its directory. */
export const NGINX_PID = 'nginx.pid';
export const NGINX_LOG = 'nginx.log';

/** How long workers of before go on with what they have. */
const SHUTDOWN = '24h';
/** Servers that one request is tried at, as many as with the other proxy. */
const MOST_TRIES = 4;
/** By these a server steers nginx. */
const ACCEL_HEADERS = ['Redirect', 'Expires', 'Limit-Rate', 'Buffering', 'Charset'].map((name) => `X-Accel-${name}`);
/** Of a body that can be copied, as by the other proxy. */
const MOST_BODY_BYTES = 15_000;

/**
 * A table as the configuration of nginx, in latin1. Texts of users are words in quotes, values of `geo`, in which nothing is looked for, or digits of a regular
 * expression. @throws Error where hosts and paths are too many
 */
export const nginxConfiguration = (table: RouteTable, options: NginxOptions): string => {
  const { directory, statusSocket, generation, runAs, resolvers } = options;
  const at = (name: string): string => quoted(bytesOf(`${directory}/${name}`));
  const variables = createNginxVariables();
  const answers = [...table.challenges].map(
    ([token, answer]) =>
      [`"~^${escapedPattern(bytesOf(CHALLENGE_PATH + token))}(?:\\?|\\z)"`, quoted(variables.literal(bytesOf(answer)))] as const,
  );
  const challenge = answers.length === 0 ? undefined : variables.map('$request_uri', [...answers, ['default', '""']]);
  const servers = portsOf(table, options).flatMap((port) =>
    serverBlocks(port, {
      table,
      variables,
      certified: (each) => certificatesAt(each.port, options).flatMap(({ hosts }) => hosts),
      frame: (each, host) => frame(each, host, { options, challenge: each.port === options.httpPort ? challenge : undefined }),
    }),
  );
  const hosts = servers.filter((line) => line.startsWith('    server_name')).length;
  return `${[
    'daemon off;',
    'worker_processes 1;',
    ...(runAs === undefined ? [] : [`user ${quoted(runAs.user)} ${quoted(runAs.group)};`]),
    `pid ${at(NGINX_PID)};`,
    `error_log ${at(NGINX_LOG)} alert;`,
    `worker_shutdown_timeout ${SHUTDOWN};`,
    'worker_rlimit_nofile 16384;',
    'events {',
    '    worker_connections 8000;',
    '}',
    'http {',
    '    access_log off;',
    '    server_tokens off;',
    '    default_type application/octet-stream;',
    `    variables_hash_max_size ${sizeFor(variables.count)};`,
    '    variables_hash_bucket_size 128;',
    `    server_names_hash_max_size ${sizeFor(hosts)};`,
    '    server_names_hash_bucket_size 512;',
    '    map_hash_bucket_size 512;',
    '    proxy_headers_hash_bucket_size 512;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `    ${name}_temp_path ${at(`temporary/${name}`)};`),
    '    ssl_protocols TLSv1.2 TLSv1.3;',
    '    ssl_session_tickets off;',
    '    tcp_nodelay on;',
    '    client_header_timeout 15s;',
    '    client_body_timeout 10m;',
    '    send_timeout 10m;',
    '    keepalive_timeout 60s;',
    '    keepalive_requests 1000;',
    // As much as the other proxy reads, and one more for a cookie that does not fit behind the rest.
    '    large_client_header_buffers 2 16k;',
    '    client_max_body_size 0;',
    '    client_body_buffer_size 16k;',
    '    underscores_in_headers off;',
    '    recursive_error_pages on;',
    '    proxy_http_version 1.1;',
    '    proxy_connect_timeout 5s;',
    `    proxy_next_upstream_tries ${MOST_TRIES};`,
    '    proxy_buffering off;',
    '    proxy_request_buffering off;',
    '    proxy_buffer_size 16k;',
    '    proxy_buffers 4 16k;',
    '    proxy_redirect off;',
    '    proxy_pass_header Server;',
    '    proxy_pass_header Date;',
    '    grpc_pass_header Server;',
    '    grpc_pass_header Date;',
    // Servers tell clients by these what they like; nginx is told nothing, or it would go where no client may.
    ...['proxy', 'grpc'].flatMap((kind) => [
      `    ${kind}_ignore_headers ${ACCEL_HEADERS.join(' ')};`,
      ...ACCEL_HEADERS.map((name) => `    ${kind}_pass_header ${name};`),
    ]),
    '    grpc_connect_timeout 5s;',
    `    grpc_next_upstream_tries ${MOST_TRIES};`,
    '    grpc_buffer_size 16k;',
    ...(resolvers.length === 0 ? [] : [`    resolver ${resolvers.map((each) => (each.includes(':') ? `[${each}]` : each)).join(' ')};`]),
    ...fixedMaps,
    ...variables.lines,
    '',
    `    server {`,
    `        listen ${quoted(bytesOf(`unix:${statusSocket}`))};`,
    '        default_type text/plain;',
    `        location / { return 200 solo-kubelet-${generation}; }`,
    '    }',
    '',
    ...[...table.backends.values()]
      .filter(({ endpoints }) => endpoints.length > 0)
      .flatMap(({ name, endpoints }) => [
        `    upstream ${name} {`,
        '        least_conn;',
        // Which of them are asked is not for their answers to decide: one client whose request ends badly at each would have none left for all others.
        ...endpoints.map(({ address, port }) => `        server ${address.includes(':') ? `[${address}]` : address}:${port} max_fails=0;`),
        '    }',
      ]),
    '',
    ...servers,
    '}',
  ].join('\n')}\n`;
};

/** Generation and ports of a configuration that was written before; undefined for a text that is none. */
export const readConfiguration = (text: string): { readonly generation: number; readonly ports: readonly number[] } | undefined => {
  const [, generation] = /^ {8}location \/ \{ return 200 solo-kubelet-(\d+); \}$/m.exec(text) ?? [];
  const ports = [...text.matchAll(/^ {4}listen \S+:(\d+)[ ;]/gm)].map(([, port]) => Number(port));
  return generation === undefined ? undefined : { generation: Number(generation), ports: [...new Set(ports)] };
};

const sizeFor = (count: number): number => Math.max(1_024, 2 ** Math.ceil(Math.log2(Math.max(count, 1) * 2)));

const SLASH = '(?:/|%2f|\\x5c|%5c)';
/** Maps that every configuration has. */
const fixedMaps: readonly string[] = [
  // What servers read differently is refused, or one path would pass for another; so is a host that is more than one, or another than the one that is asked for.
  '    map $request_uri $solo_odd_path {',
  `        "~*^[^?]*?${SLASH}(?:\\.|%2e){1,2}(?:(?:;|%3b)(?:(?!${SLASH})[^?])*+)?(?:${SLASH}|\\?|\\z)" 1;`,
  '        "~#" 1;',
  '        "~*^[^?]*%00" 1;',
  '        default 0;',
  '    }',
  '    map "$host $http_host" $solo_odd_host {',
  '        "~*^([a-z0-9._-]*|\\[[0-9a-f:.]*\\]) \\1\\.?(?::[0-9]*)?\\z" 0;',
  '        "~*^(?:[a-z0-9._-]*|\\[[0-9a-f:.]*\\]) \\z" 0;',
  '        default 1;',
  '    }',
  '    map "$solo_odd_path$solo_odd_host" $solo_refused {',
  '        "~1" 1;',
  '        default 0;',
  '    }',
  // WebSockets, and what clients of Kubernetes have for exec. A connection that became HTTP/2 would go by every rule of what is here.
  '    map $http_upgrade $solo_upgraded {',
  '        "~*^(?:websocket|SPDY/3\\.1)\\z" w;',
  '        default "";',
  '    }',
  '    map "$request_method|$http_content_length|$http_transfer_encoding|$http_upgrade" $solo_copied {',
  `        "~^(?:GET|HEAD|PUT|POST|DELETE)\\|(?:0*(?:[0-9]{0,4}|1[0-4][0-9]{3}|${MOST_BODY_BYTES}))\\|\\|\\z" m;`,
  '        default "";',
  '    }',
];

const frame = (
  { port, tls }: OpenPort,
  host: HostClass,
  { options, challenge }: { readonly options: NginxOptions; readonly challenge: string | undefined },
): readonly string[] => {
  const more = `${tls ? ' ssl http2' : ''}${host.name === '' ? ' default_server' : ''}`;
  return [
    ...options.addresses.map((address) => `    listen ${address.includes(':') ? `[${address}]` : address}:${port}${more};`),
    `    server_name ${host.serverName};`,
    ...(tls ? certificateLines(port, host.name, options) : []),
    '    if ($solo_refused) {',
    '        return 400;',
    '    }',
    ...(challenge === undefined ? [] : [`    if (${challenge.replace(/[{}]/g, '')}) {`, `        return 200 ${challenge};`, '    }']),
  ];
};

const certificatesAt = (port: number, { certificates, httpsPort }: NginxOptions): NginxOptions['certificates'] =>
  certificates.filter((each) => (each.port ?? httpsPort) === port);

/** Those for the name itself, else for one label, else for any; of each kind of key the first. */
const certificateLines = (port: number, name: string, options: NginxOptions): readonly string[] => {
  const own = certificatesAt(port, options);
  const found = [name, wildcardOf(name)].map((wanted) => own.filter(({ hosts }) => hosts.includes(wanted))).find((each) => each.length > 0);
  const forAny = own.filter(({ hosts }) => hosts.length === 0);
  const used = found ?? (forAny.length > 0 ? forAny : own.slice(0, 1));
  return [...new Map(used.toReversed().map((each) => [each.kind, each])).values()].flatMap(({ file }) => {
    const path = quoted(bytesOf(`${options.generationDirectory}/${file}`));
    return [`    ssl_certificate ${path};`, `    ssl_certificate_key ${path};`];
  });
};
