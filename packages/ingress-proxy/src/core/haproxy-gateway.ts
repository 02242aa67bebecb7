import { hostRank } from './host-name.js';
import { prefixKey } from './match-route.js';
import type { HeaderChanges, Listener, ListenerRule, PathChange, RouteAction } from './route-table.js';

/** What listeners of Gateways become in a configuration of haproxy. */
export interface HaproxyGateways {
  /**
   * Of a port: what decides which rule a request fits. It sets `txn.rule` and `txn.route`. `ofIngresses`: what finds routes of Ingresses for exact hosts,
   * wildcards and any host; each comes after the rules of Gateways for hosts of that kind.
   */
  matchLines(port: number, ofIngresses?: readonly (readonly string[])[]): readonly string[];
  /** Of a port: what a rule does to a request; after the headers of the proxy itself. It sets `txn.backend`. */
  actionLines(port: number): readonly string[];
  /** Texts of users by their keys: values of headers, and paths. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * What users wrote is compared as hexadecimal digits, or is looked up by a key of ours: no text of theirs is a word of the configuration, but names
 * of hosts and headers that have been checked.
 */
export const haproxyGateways = (listeners: readonly Listener[], valueMap: string): HaproxyGateways => {
  const values = new Map<string, string>();
  const kept = (text: string): string => {
    const key = `v${values.size + 1}`;
    values.set(key, text);
    return `%[str(${key}),map(${valueMap})]`;
  };
  const byPort = new Map<
    number,
    { readonly listen: readonly string[]; readonly match: readonly string[][]; readonly action: readonly string[] }
  >();
  let rules = 0;
  let matches = 0;
  for (const port of new Set(listeners.map((each) => each.port))) {
    const listen: string[] = [];
    const match: string[][] = [[], [], []];
    const action: string[] = [];
    const ids = new Map<RouteAction, string>();
    for (const [i, listener] of listeners.filter((each) => each.port === port).entries()) {
      listen.push(
        `    http-request set-var(txn.listener) str(l${i}) if !{ var(txn.listener) -m found } ${hostCondition(listener.host)}`.trimEnd(),
      );
      for (const rule of listener.rules) {
        const known = ids.get(rule.action);
        const id = known ?? `r${++rules}`;
        ids.set(rule.action, id);
        if (known === undefined) action.push(...ruleLines(id, rule.action, port, kept));
        match[hostRank(rule.host)]?.push(...matchLines(id, `l${i}`, rule, `m${++matches}`));
      }
    }
    byPort.set(port, { listen, match, action });
  }
  return {
    matchLines: (port, ofIngresses = []) => {
      const own = byPort.get(port);
      if (own === undefined) return ofIngresses.flat();
      return [
        ...own.listen,
        ...own.match.flatMap((lines, rank) => [
          ...(rank > 0 && ofIngresses.length > 0 && lines.length > 0 ? [SKIP_RULES] : []),
          ...lines,
          ...(lines.length > 0 ? [TAKE_RULE] : []),
          ...(ofIngresses[rank] ?? []),
        ]),
      ];
    },
    actionLines: (port) => byPort.get(port)?.action ?? [],
    values,
  };
};

const TAKE_RULE = '    http-request set-var(txn.route) str(-||) if { var(txn.rule) -m found } !{ var(txn.route) -m found }';
/** It is no rule's name: a route of an Ingress has the request. */
const SKIP_RULES = '    http-request set-var(txn.rule) str(-) if { var(txn.route) -m found } !{ var(txn.rule) -m found }';

const hexOf = (bytes: Buffer): string => bytes.toString('hex').toUpperCase();

const hostCondition = (host: string): string => {
  if (host === '') return '';
  return host.startsWith('*.') ? `{ var(txn.host) -m end ${host.slice(1)} }` : `{ var(txn.host) -m str ${host} }`;
};

/** More words than theirs in one line are too many for haproxy. Tests with names would have no such end, but each costs it a look at all others when it starts. */
const MOST_TESTS_OF_LINE = 4;

/** The line that sets the rule, behind lines for all tests that it has no room for. */
const matchLines = (id: string, listener: string, rule: ListenerRule, name: string): readonly string[] => {
  const { host, path, pathType, method, headers, query } = rule;
  const compared = hexOf(Buffer.from(pathType === 'Exact' ? path : prefixKey(path), 'latin1'));
  const tests = [
    ...(pathType === 'Exact'
      ? [`{ var(txn.path),hex -m str ${compared} }`]
      : path === '/'
        ? []
        : [`{ var(txn.prefix),hex -m beg ${compared} }`]),
    ...headers.map((each) => `{ req.fhdr(${each.name}),hex -m str ${hexOf(Buffer.from(each.value))} }`),
    ...query.map((each) => `{ urlp(${each.name}),url_dec(1),hex -m str ${hexOf(Buffer.from(each.value))} }`),
  ];
  const lines = Math.max(1, Math.ceil(tests.length / MOST_TESTS_OF_LINE));
  return Array.from({ length: lines }, (_, i) => {
    const conditions = [
      ...(i > 0
        ? [`{ var(txn.part) -m str ${name}-${i} }`]
        : [
            '!{ var(txn.rule) -m found }',
            `{ var(txn.listener) -m str ${listener} }`,
            hostCondition(host),
            method === undefined ? '' : `{ method ${method} }`,
          ]),
      ...tests.slice(i * MOST_TESTS_OF_LINE, (i + 1) * MOST_TESTS_OF_LINE),
    ];
    const then = i === lines - 1 ? `set-var(txn.rule) str(${id})` : `set-var(txn.part) str(${name}-${i + 1})`;
    return `    http-request ${then} if ${conditions.filter(Boolean).join(' ')}`;
  });
};

type Kept = (text: string) => string;

const ruleLines = (id: string, action: RouteAction, port: number, kept: Kept): readonly string[] => {
  const when = `if { var(txn.rule) -m str ${id} }`;
  const { redirect, rewrite } = action;
  return [
    ...headerLines('http-request', action.requestHeaders, when, kept),
    ...headerLines('http-response', action.responseHeaders, when, kept),
    ...(redirect === undefined ? [] : redirectLines(redirect, port, when, kept)),
    ...(rewrite?.host === undefined ? [] : [`    http-request set-header Host ${rewrite.host} ${when}`]),
    ...(rewrite?.path === undefined
      ? []
      : [...pathLines(rewrite.path, when, kept), `    http-request set-path %[var(txn.newpath)] ${when}`]),
    ...mirrorLines(action.mirrors ?? [], when),
    ...(action.timeoutMs === undefined ? [] : [`    http-request set-var(txn.timeout) int(${action.timeoutMs}) ${when}`]),
    ...(redirect === undefined ? backendLines(action.backends, when, kept) : []),
  ];
};

const headerLines = (what: string, { set, add, remove }: HeaderChanges, when: string, kept: Kept): readonly string[] => [
  ...set.map(({ name, value }) => `    ${what} set-header ${name} ${kept(value)} ${when}`),
  ...add.map(({ name, value }) => `    ${what} add-header ${name} ${kept(value)} ${when}`),
  ...remove.map((name) => `    ${what} del-header ${name} ${when}`),
];

/** Sets `txn.newpath`. An encoded slash would make other elements of a path than those that were compared. */
const pathLines = ({ text, prefix }: PathChange, when: string, kept: Kept): readonly string[] => {
  if (prefix === undefined) return [`    http-request set-var-fmt(txn.newpath) ${kept(text)} ${when}`];
  const rest = prefix === 0 ? '' : `,regsub(^${'/[^/]*'.repeat(prefix)},)`;
  return [
    `    http-request deny deny_status 400 ${when} { path_sub -i %2f }`,
    `    http-request set-var(txn.newpath) path,regsub(/+,/,g)${rest} ${when}`,
    ...(text === '' ? [] : [`    http-request set-var-fmt(txn.newpath) ${kept(text)}%[var(txn.newpath)] ${when}`]),
    `    http-request set-var(txn.newpath) str(/) ${when} { var(txn.newpath) -m len 0 }`,
  ];
};

const WELL_KNOWN: Readonly<Record<string, number>> = { http: 80, https: 443 };

const redirectLines = (
  { scheme, host, port, path, status }: NonNullable<RouteAction['redirect']>,
  listenerPort: number,
  when: string,
  kept: Kept,
): readonly string[] => {
  const wanted = port ?? (scheme === undefined ? listenerPort : undefined);
  const portOf = (name: string): string => (wanted === undefined || wanted === WELL_KNOWN[name] ? '' : `:${wanted}`);
  const line = (name: string, more = ''): string =>
    `    http-request redirect location ${name}://${host ?? '%[var(txn.host)]'}${portOf(name)}${path === undefined ? '%[path]' : '%[var(txn.newpath)]'}%[var(txn.search)] code ${status} ${when}${more}`;
  return [
    ...(path === undefined ? [] : pathLines(path, when, kept)),
    `    http-request set-var-fmt(txn.search) ?%[query] ${when} { query -m len gt 0 }`,
    ...(scheme === undefined ? [line('https', ' { ssl_fc }'), line('http')] : [line(scheme)]),
  ];
};

/** As long as clients may be silent: a body that is late is no fault of the request. */
const BODY_WAIT = '10m';
/** Of a body that fits into a buffer of haproxy, with what is kept free of it for headers; of larger ones there is no copy. */
const MOST_BODY_BYTES = 15_000;

/** After all changes, which a copy has, too. One that does not say how long it is can't be waited for. */
const mirrorLines = (mirrors: NonNullable<RouteAction['mirrors']>, when: string): readonly string[] => [
  ...(mirrors.length > 0
    ? [`    http-request wait-for-body time ${BODY_WAIT} ${when} { req.hdr_val(content-length) -m int le ${MOST_BODY_BYTES} }`]
    : []),
  ...mirrors.flatMap(({ name, numerator, denominator }) => {
    const share = numerator === denominator ? '' : ` { rand(${denominator}) -m int lt ${numerator} }`;
    return [
      '    http-request unset-var(txn.mirror)',
      `    http-request set-var(txn.mirror) str(${name}) ${when}${share}`,
      '    http-request lua.mirror if { var(txn.mirror) -m found }',
    ];
  }),
];

/** Name of no backend: those have a `_`. */
const NOBODY = 'none';

const backendLines = (backends: RouteAction['backends'], when: string, kept: Kept): readonly string[] => {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  const fail = `    http-request return status 500 content-type text/plain string "this route has no backend\\n" ${when}`;
  if (total === 0) return [fail];
  // The last one is for all; each one before it takes what is below its bound away from those behind it.
  let bound = total;
  const hasChanges = backends.some(({ requestHeaders, responseHeaders }) => requestHeaders !== undefined || responseHeaders !== undefined);
  const choices = backends.toReversed().flatMap(({ name = NOBODY, weight }, i) => {
    const limit = i === 0 ? '' : ` { var(txn.dice) -m int lt ${bound} }`;
    bound -= weight;
    return [
      `    http-request set-var(txn.backend) str(${name}) ${when}${limit}`,
      ...(hasChanges ? [`    http-request set-var(txn.choice) int(${backends.length - 1 - i}) ${when}${limit}`] : []),
    ];
  });
  return [
    ...(backends.length > 1 ? [`    http-request set-var(txn.dice) rand(${total}) ${when}`] : []),
    ...choices,
    ...backends.flatMap(({ requestHeaders, responseHeaders }, i) => {
      const chosen = `${when} { var(txn.choice) -m int ${i} }`;
      return [
        ...(requestHeaders === undefined ? [] : headerLines('http-request', requestHeaders, chosen, kept)),
        ...(responseHeaders === undefined ? [] : headerLines('http-response', responseHeaders, chosen, kept)),
      ];
    }),
    ...(backends.some(({ name }) => name === undefined) ? [`${fail} { var(txn.backend) -m str ${NOBODY} }`] : []),
  ];
};
