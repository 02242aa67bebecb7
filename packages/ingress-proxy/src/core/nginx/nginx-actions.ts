import type { OpenPort } from '../open-ports.js';
import type { Backend, HeaderChanges, Mirror, Route, RouteAction, RouteTable, WeightedBackend } from '../route-table.js';
import { answerLines, changedHeaders, FORWARDED, type HeaderPlan, headerLines, withHeaders } from './header-plan.js';
import { nginxAuth } from './nginx-auth.js';
import { isLongForH2 } from './nginx-limits.js';
import { changedPath, encodedSlash, sentPath } from './nginx-path.js';
import { type NginxVariables, quoted } from './nginx-text.js';

/** What becomes of a request: the name of a location, which may name variables, and the blocks that it may lead to. */
export interface Led {
  readonly value: string;
  readonly blocks: readonly string[];
}

/** What requests are led to at one port. */
export interface NginxActions {
  ofRoute(route: Pick<Route, 'backend' | 'auth' | 'httpsOnly'>): Led;
  ofRule(action: RouteAction): Led;
  readonly notFound: Led;
}

export interface ActionsInput {
  readonly table: Pick<RouteTable, 'backends' | 'caBundle'>;
  readonly port: OpenPort;
  readonly variables: NginxVariables;
}

/** Behind the name of a location: `w` for an upgrade, as to a WebSocket; every action has both. */
export const UPGRADED = '$solo_upgraded';
/** `m` for a request that can be copied; no upgrade is. */
export const COPIED = '$solo_copied';

/** As long as others stay silent. */
const SILENT = '10m';
/** What has begun longer ago than that is not asked of another server, however it fails. Only what is idempotent ever is. */
const STILL_ANOTHER = '30s';
/** A connection of a WebSocket. */
const IDLE_TUNNEL = '24h';

export const nginxActions = ({ table, port, variables }: ActionsInput): NginxActions => {
  const ofRoutes = new Map<string, Led>();
  const ofRules = new Map<RouteAction, Led>();
  const named = (id: string, lines: readonly string[]): readonly string[] =>
    ['', 'w', 'm'].flatMap((variant) => block(`${id}${variant}`, lines));
  const answer = (status: number, text: string): Led => {
    const id = `s${status}`;
    return { value: id, blocks: named(id, ['        default_type text/plain;', `        return ${status} ${quoted(text)};`]) };
  };
  const notFound = answer(404, 'no route leads here');
  const nobody = answer(500, 'this route has no backend');

  const routed = (route: Pick<Route, 'backend' | 'auth' | 'httpsOnly'>): Led => {
    const id = variables.fresh();
    const auth = route.auth === undefined ? undefined : nginxAuth(route.auth, id, { ...table, variables });
    const toHttps = route.httpsOnly === true && !port.tls ? ['        return 308 https://$host$request_uri;'] : [];
    const backend = table.backends.get(route.backend);
    if (toHttps.length > 0) return { value: id, blocks: named(id, toHttps) };
    // Without one of the headers, a server would have the client's word for it.
    if (backend?.protocol === 'h2c' && route.auth?.responseHeaders.some(isLongForH2) === true)
      return { value: id, blocks: named(id, ['        return 503;']) };
    const { plain, upgraded } = proxied({ backend, headers: withHeaders(FORWARDED, auth?.headers ?? {}) });
    const guard = auth?.lines ?? [];
    return {
      value: id,
      blocks: [...block(id, [...guard, ...plain]), ...block(`${id}w`, [...guard, ...upgraded]), ...(auth?.blocks ?? [])],
    };
  };

  interface Proxied {
    readonly backend: Backend | undefined;
    readonly headers: HeaderPlan;
    readonly answers?: readonly HeaderChanges[];
    readonly timeoutMs?: number | undefined;
    readonly path?: string | undefined;
    readonly first?: readonly string[];
  }

  /** Lines of the location for all requests but upgrades, and for these. */
  const proxied = ({ backend, headers, answers = [], timeoutMs, path, first = [] }: Proxied) => {
    if (backend === undefined || backend.endpoints.length === 0) {
      const nobodyThere = [...first, '        return 503;'];
      return { plain: nobodyThere, upgraded: nobodyThere };
    }
    const kind = backend.protocol === 'h2c' ? 'grpc' : 'proxy';
    if (kind === 'grpc' && path !== undefined) throw new Error('unreachable: what nginx lacks was asked of it');
    const target = `${kind === 'grpc' ? 'grpc' : backend.protocol}://${backend.name}${path === undefined ? '' : `${path}$is_args$args`}`;
    const lines = (silent: string, upgrade: Readonly<Record<string, string>>): readonly string[] => [
      ...first,
      `        ${kind}_pass ${quoted(target)};`,
      `        ${kind}_read_timeout ${silent};`,
      `        ${kind}_send_timeout ${silent};`,
      `        ${kind}_next_upstream_timeout ${timeoutMs === undefined ? STILL_ANOTHER : `${timeoutMs}ms`};`,
      ...headerLines(kind === 'grpc' ? headers : withHeaders(headers, upgrade), kind),
      ...answerLines(answers, kind, variables),
    ];
    const own = timeoutMs === undefined ? undefined : `${timeoutMs}ms`;
    return {
      plain: lines(own ?? SILENT, { Upgrade: '', Connection: 'close' }),
      // nginx knows one time for before and after the upgrade, and whoever asks for one must not get more than the rule gives.
      upgraded: lines(own ?? IDLE_TUNNEL, { Upgrade: '$http_upgrade', Connection: 'upgrade' }),
    };
  };

  const redirected = (action: RouteAction): Led => {
    const id = variables.fresh();
    const { scheme, host, port: asked, path, status } = action.redirect ?? { status: 302 };
    const shown = scheme ?? (port.tls ? 'https' : 'http');
    const wanted = asked ?? (scheme === undefined ? port.port : undefined);
    const at = wanted === undefined || wanted === (shown === 'https' ? 443 : 80) ? '' : `:${wanted}`;
    const to = path === undefined ? sentPath(variables) : changedPath(path, variables);
    return {
      value: id,
      blocks: named(id, [
        ...refusals(path?.prefix),
        `        return ${status} ${quoted(`${shown}://${host ?? '$host'}${at}${to}$is_args$args`)};`,
      ]),
    };
  };

  const refusals = (prefix: number | undefined): readonly string[] =>
    prefix === undefined ? [] : [`        if (${bare(encodedSlash(variables))}) {`, '            return 400;', '        }'];

  const toBackend = (action: RouteAction, { name = '', requestHeaders, responseHeaders }: WeightedBackend): Led => {
    const id = variables.fresh();
    const { rewrite, timeoutMs, mirrors = [] } = action;
    const changes = [action.requestHeaders, ...(requestHeaders === undefined ? [] : [requestHeaders])];
    const hosted = rewrite?.host === undefined ? FORWARDED : withHeaders(FORWARDED, { Host: rewrite.host });
    const headers = changes.reduce((plan, each) => changedHeaders(plan, each, variables), hosted);
    const path = rewrite?.path === undefined ? undefined : changedPath(rewrite.path, variables);
    const { plain, upgraded } = proxied({
      ...{ backend: table.backends.get(name), headers, timeoutMs, path },
      answers: [action.responseHeaders, ...(responseHeaders === undefined ? [] : [responseHeaders])],
      first: refusals(rewrite?.path?.prefix),
    });
    const copies = mirrors.flatMap((mirror, i) => {
      const backend = table.backends.get(mirror.name);
      return backend === undefined || backend.endpoints.length === 0 || backend.protocol === 'h2c'
        ? []
        : [copyOf(`${id}m${i}`, mirror, { backend, headers, path })];
    });
    const copied = [
      // The next request of a connection would wait for all copies: there is none.
      '        keepalive_timeout 0;',
      ...copies.map(({ place }) => `        mirror ${place};`),
      ...plain,
    ];
    return {
      value: id,
      blocks: [
        ...block(id, plain),
        ...block(`${id}w`, upgraded),
        ...(mirrors.length > 0 ? block(`${id}m`, copied) : []),
        ...copies.flatMap((each) => each.blocks),
      ],
    };
  };

  const copyOf = (
    id: string,
    { numerator, denominator }: Mirror,
    { backend, headers, path }: { readonly backend: Backend; readonly headers: HeaderPlan; readonly path: string | undefined },
  ) => {
    const place = quoted(`/ ${id}`);
    const left =
      numerator === denominator
        ? []
        : [`        if (${shares([numerator, denominator - numerator], ['0', '1'], variables)}) {`, '            return 204;', '        }'];
    return {
      place,
      blocks: [
        `    location = ${place} {`,
        '        internal;',
        ...left,
        `        proxy_pass ${quoted(`${backend.protocol}://${backend.name}${path === undefined ? '$request_uri' : `${path}$is_args$args`}`)};`,
        '        proxy_read_timeout 10s;',
        '        proxy_send_timeout 10s;',
        ...headerLines(headers, 'proxy'),
        '    }',
      ],
    };
  };

  const ruled = (action: RouteAction): Led => {
    if (action.redirect !== undefined) return redirected(action);
    const choices = action.backends.filter(({ weight }) => weight > 0);
    const led = choices.map((choice) => (choice.name === undefined ? nobody : toBackend(action, choice)));
    const [only = nobody] = led;
    const weights = choices.map(({ weight }) => weight);
    const names = led.map(({ value }) => value);
    return {
      value: `${led.length < 2 ? only.value : shares(weights, names, variables)}${(action.mirrors ?? []).length > 0 ? COPIED : ''}`,
      blocks: led.length < 2 ? only.blocks : [...new Map(led.map((each) => [each.value, each.blocks])).values()].flat(),
    };
  };

  const remembered = <K>(known: Map<K, Led>, key: K, make: () => Led): Led => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = make();
    known.set(key, made);
    return made;
  };
  return {
    ofRoute: (route) => remembered(ofRoutes, JSON.stringify([route.backend, route.auth, route.httpsOnly]), () => routed(route)),
    ofRule: (action) => remembered(ofRules, action, () => ruled(action)),
    notFound,
  };
};

const block = (name: string, lines: readonly string[]): readonly string[] => [`    location @${name} {`, ...lines, '    }'];

/** The name of a variable where braces mean something else. */
const bare = (variable: string): string => variable.replace(/[{}]/g, '');

/** Parts of a hundred that nginx knows. */
const PARTS = 10_000;

/** A variable that has one of some values for each request, as often as its weight says, to a hundredth of a percent; none is left out. */
const shares = (weights: readonly number[], values: readonly string[], variables: NginxVariables): string => {
  const total = weights.reduce((sum, each) => sum + each, 0);
  const name = variables.fresh();
  const parts = weights.map((weight) => Math.max(1, Math.round((weight / total) * PARTS)));
  // Those that had to be given a part take it from the largest, which is the one for all that is left.
  const largest = parts.indexOf(Math.max(...parts));
  variables.lines.push(
    `    split_clients "\${request_id}${name}" $${name} {`,
    ...parts.flatMap((part, i) => (i === largest ? [] : [`        ${(part / 100).toFixed(2)}% ${values[i]};`])),
    `        * ${values[largest]};`,
    '    }',
  );
  return `$${name}`;
};
