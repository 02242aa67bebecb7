import { haproxyGateways } from './haproxy-gateway.js';
import { prefixKey } from './match-route.js';
import { CHALLENGE_PATH, type OpenPort, portsOf } from './open-ports.js';
import type { AuthRequest, RouteTable } from './route-table.js';
import type { Slots } from './server-slots.js';

export interface HaproxyOptions {
  /** Where the files of this generation are. */
  readonly directory: string;
  /** Beside the generations. */
  readonly runtimeSocket: string;
  /** Where it asks servers for leave by itself: no file, since its workers may not get to the directory. */
  readonly authAddress: string;
  /** Counts generations; the runtime socket tells which one serves. */
  readonly generation: number;
  /** Where requests are taken. */
  readonly addresses: readonly string[];
  /** Of Ingresses. */
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Who the process is once it has its ports; undefined: nobody else. */
  readonly runAs?: { readonly user: string; readonly group: string } | undefined;
  /** Certificates by the name of their file in the directory, in the order of the table, the one for all other names first. */
  readonly certificates: readonly {
    readonly file: string;
    readonly hosts: readonly string[];
    /** Of a Gateway's port; undefined: of the Ingresses. */
    readonly port?: number;
  }[];
}

/** Files of a generation by name, secrets left out. `haproxy.cfg` leads to the others. */
export type HaproxyFiles = ReadonlyMap<string, string>;

/**
 * A table as haproxy's configuration. What users wrote goes into tables of keys and values, of which each line is checked; into the
 * configuration itself only names of backends that have been checked, addresses and numbers go.
 */
export const haproxyFiles = (table: RouteTable, slots: ReadonlyMap<string, Slots>, options: HaproxyOptions): HaproxyFiles => {
  const auths = new Map<string, { readonly id: string; readonly auth: AuthRequest }>();
  const value = ({ backend, auth, httpsOnly }: RouteTable['routes'][number]): string => {
    const key = JSON.stringify(auth);
    if (auth !== undefined && !auths.has(key)) auths.set(key, { id: `a${auths.size + 1}`, auth });
    return `${backend}|${auths.get(key)?.id ?? ''}|${httpsOnly ? 'https' : ''}`;
  };
  const gateways = haproxyGateways(table.listeners, `${options.directory}/values.map`);
  const exact: string[] = [];
  const prefix: string[] = [];
  for (const route of table.routes) {
    if (route.pathType === 'Exact') exact.push(line(`${route.host}${route.path}`, value(route)));
    else prefix.push(line(`${route.host}${prefixKey(route.path)}`, value(route)));
  }
  const fallback = [...table.fallbacks].map(([host, route]) => line(host === '' ? '-' : host, value(route)));
  const ofAuths = (field: (auth: AuthRequest) => string | undefined): string =>
    [...auths.values()]
      .flatMap(({ id, auth }) => {
        const text = field(auth);
        return text === undefined || text === '' ? [] : [line(id, text)];
      })
      .join('');
  return new Map([
    ['exact.map', exact.join('')],
    ['prefix.map', prefix.join('')],
    ['fallback.map', fallback.join('')],
    ['auth-url.map', ofAuths(({ url }) => url)],
    ['auth-backend.map', ofAuths(({ backend }) => backend)],
    ['auth-signin.map', ofAuths(({ signin }) => signin)],
    ['auth-headers.map', ofAuths(({ responseHeaders }) => responseHeaders.join(','))],
    ['challenge.map', [...table.challenges].map(([token, answer]) => line(`${CHALLENGE_PATH}${token}`, answer)).join('')],
    ['values.map', [...gateways.values].map(([key, text]) => line(key, text)).join('')],
    ...portsOf(table, options)
      .filter(({ tls }) => tls)
      .map(({ port }) => [`crt-list-${port}`, certificateList(port, options)] as const),
    ['haproxy.cfg', configuration(table, slots, options, { gateways, asksForLeave: auths.size > 0 })],
  ]);
};

const certificateList = (port: number, { certificates, directory, httpsPort }: HaproxyOptions): string =>
  certificates
    .filter((each) => (each.port ?? httpsPort) === port)
    .map(({ file, hosts }) => `${[`${directory}/${file}`, ...hosts].join(' ')}\n`)
    .join('');

/** One line of a table; a key or a value with a break or a space in the wrong place can't come this far, and is an error if it does. */
const line = (key: string, value: string): string => {
  if (key === '' || /[ \t\r\n\0]/.test(key) || key.startsWith('#') || /[\r\n\0]/.test(value))
    throw new Error('unreachable: an unchecked text of a manifest');
  return `${key} ${value}\n`;
};

const configuration = (
  table: RouteTable,
  slots: ReadonlyMap<string, Slots>,
  options: HaproxyOptions,
  { gateways, asksForLeave }: { readonly gateways: ReturnType<typeof haproxyGateways>; readonly asksForLeave: boolean },
): string => {
  const { directory, runtimeSocket, authAddress, generation, runAs } = options;
  const map = (name: string, kind = 'map'): string => `${kind}(${directory}/${name}.map)`;
  const find = (key: string, kind: 'exact' | 'prefix'): string =>
    `    http-request set-var(txn.route) ${key},concat(,txn.${kind === 'exact' ? 'path' : 'prefix'}),${map(kind, kind === 'exact' ? 'map' : 'map_beg')} if !{ var(txn.route) -m found }`;
  const routeLines = ['var(txn.host)', 'var(txn.wildcard)', 'str()'].map((key) =>
    (['exact', 'prefix'] as const).map((kind) => find(key, kind)),
  );
  const fallbackLines = [
    ...['var(txn.host)', 'var(txn.wildcard)', 'str(-)'].map(
      (key) => `    http-request set-var(txn.route) ${key},${map('fallback')} if !{ var(txn.route) -m found }`,
    ),
  ];
  const frontend = ({ port, tls, ofIngresses }: OpenPort): readonly string[] => [
    `frontend port-${port}`,
    ...options.addresses.map((address) => {
      const [at, only] = address.includes(':') ? [`ipv6@${address}`, ' v6only'] : [address, ''];
      return `    bind ${at}:${port}${only}${tls ? ` ssl crt-list ${directory}/crt-list-${port} alpn h2,http/1.1` : ''}`;
    }),
    // The same name and path whatever they are written like; what servers read differently is refused, or one path would pass for another.
    // A host with a slash in it would be looked up as a host and the beginning of a path, whatever path is asked for.
    `    http-request deny deny_status 400 if { req.fhdr(host) -m found } !{ req.fhdr(host) -m reg -i '^([a-z0-9._-]*|[[][0-9a-f:.]*[]])(:[0-9]*)?$' }`,
    '    http-request set-var(txn.host) req.hdr(host),field(1,:),lower,regsub([.]$,)',
    '    http-request set-var(txn.path) path,url_dec,regsub(/+,/,g)',
    `    http-request deny deny_status 400 if { var(txn.path) -m reg '(^|[/\\\\])[.][.]?(;[^/\\\\]*)?([/\\\\]|$)' } || { path_reg -i %00 }`,
    '    http-request set-var(txn.prefix) var(txn.path),concat(/)',
    '    http-request set-var(txn.wildcard) var(txn.host),regsub(^[^.]+,*)',
    ...(port === options.httpPort && table.challenges.size > 0
      ? [
          `    http-request set-var(txn.challenge) path,${map('challenge')} if { path_beg ${CHALLENGE_PATH} }`,
          '    http-request return status 200 content-type application/octet-stream lf-string %[var(txn.challenge)] if { var(txn.challenge) -m found }',
        ]
      : []),
    ...(ofIngresses ? [...gateways.matchLines(port, routeLines), ...fallbackLines] : gateways.matchLines(port)),
    '    http-request return status 404 content-type text/plain string "no route leads here\\n" if !{ var(txn.route) -m found }',
    '    http-request set-var(txn.backend) var(txn.route),field(1,|)',
    // A connection that became HTTP/2 would go by every rule of what is here.
    '    http-request del-header Upgrade if { req.fhdr(upgrade) -m sub -i h2c }',
    '    http-request del-header HTTP2-Settings',
    '    http-request redirect scheme https code 308 if { var(txn.route),field(3,|) -m str https } !{ ssl_fc }',
    '    http-request set-header X-Forwarded-For %[src]',
    '    http-request set-header X-Real-IP %[src]',
    '    http-request set-header X-Forwarded-Host %[req.hdr(host)]',
    '    http-request set-header X-Forwarded-Port %[dst_port]',
    '    http-request set-header X-Forwarded-Proto http if !{ ssl_fc }',
    '    http-request set-header X-Forwarded-Proto https if { ssl_fc }',
    ...(hasMirrors ? [`    http-request set-var(txn.mirror_socket) str(${authAddress}-mirror)`] : []),
    ...gateways.actionLines(port),
    ...(asksForLeave
      ? [
          '    http-request set-var(txn.auth) var(txn.route),field(2,|)',
          ...['url', 'backend', 'signin', 'headers'].map(
            (name) => `    http-request set-var(txn.auth_${name}) var(txn.auth),${map(`auth-${name}`)} if { var(txn.auth) -m found }`,
          ),
          `    http-request set-var(txn.auth_socket) str(${authAddress})`,
          '    http-request lua.auth if { var(txn.auth_url) -m found }',
          // Where a script fails haproxy goes on as if it were not there.
          '    http-request deny deny_status 500 if { var(txn.auth) -m len gt 0 } !{ var(txn.auth_passed) -m str yes }',
          '    http-response lua.auth_cookies',
        ]
      : []),
    '    use_backend %[var(txn.backend)]',
    '',
  ];
  const hasMirrors = table.listeners.some(({ rules }) => rules.some(({ action }) => action.mirrors !== undefined));
  const hasTimeouts = table.listeners.some(({ rules }) => rules.some(({ action }) => action.timeoutMs !== undefined));
  return `${[
    'global',
    `    description solo-kubelet-${generation}`,
    `    stats socket ${runtimeSocket} mode 600 level admin expose-fd listeners`,
    ...(runAs === undefined ? [] : [`    user ${runAs.user}`, `    group ${runAs.group}`]),
    '    maxconn 4000',
    '    nbthread 1',
    '    mworker-max-reloads 30',
    '    hard-stop-after 24h',
    '    tune.ssl.default-dh-param 2048',
    '    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets',
    // Names in certificates are compared with the host of the URL, as long as they are checked at all.
    ...(table.caBundle === undefined ? [] : [`    httpclient.ssl.ca-file ${table.caBundle.replace(/[ \\'"#]/g, '\\$&')}`]),
    ...(asksForLeave ? ['    httpclient.ssl.verify required', `    lua-load ${directory}/auth.lua`] : []),
    ...(hasMirrors ? [`    lua-load ${directory}/mirror.lua`] : []),
    '',
    'defaults',
    '    mode http',
    '    timeout connect 5s',
    '    timeout client 10m',
    '    timeout server 10m',
    '    timeout tunnel 24h',
    '    timeout http-request 15s',
    '    timeout http-keep-alive 60s',
    '    timeout queue 30s',
    '    option redispatch',
    '    option http-keep-alive',
    '    retries 3',
    '',
    ...portsOf(table, options).flatMap((port) => frontend(port)),
    ...(asksForLeave
      ? [
          'frontend auth',
          `    bind ${authAddress}`,
          '    http-request set-var(txn.backend) req.hdr(x-solo-kubelet-backend)',
          '    http-request del-header x-solo-kubelet-backend',
          '    use_backend %[var(txn.backend)]',
          '',
        ]
      : []),
    ...(hasMirrors
      ? [
          'frontend mirror',
          `    bind ${authAddress}-mirror`,
          '    http-request set-var(txn.backend) req.hdr(x-solo-kubelet-backend)',
          '    http-request del-header x-solo-kubelet-backend',
          // Nobody reads the answer, however long it is.
          '    http-response return status 204',
          '    use_backend %[var(txn.backend)]',
          '',
        ]
      : []),
    ...[...table.backends.values()].flatMap(({ name, protocol }) => [
      `backend ${name}`,
      '    balance leastconn',
      // It is a matter of backends only.
      ...(hasTimeouts ? ['    http-request set-timeout server var(txn.timeout) if { var(txn.timeout) -m found }'] : []),
      ...(slots.get(name) ?? []).map((endpoint, index) => {
        const options = protocol === 'h2c' ? ' proto h2' : protocol === 'https' ? ' ssl verify none' : '';
        return endpoint === undefined
          ? `    server s${index + 1} 127.0.0.1:1${options} disabled`
          : `    server s${index + 1} ${endpoint.address.includes(':') ? 'ipv6@' : ''}${endpoint.address}:${endpoint.port}${options}`;
      }),
      '',
    ]),
  ].join('\n')}\n`;
};
