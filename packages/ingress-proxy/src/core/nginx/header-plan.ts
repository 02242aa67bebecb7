import type { HeaderChanges } from '../route-table.js';
import { type NginxVariables, quoted } from './nginx-text.js';

/** Headers that a request has beside its own, and instead of them: expressions by names in lower case. `` leaves one out. */
export type HeaderPlan = ReadonlyMap<string, { readonly name: string; readonly value: string }>;

const plan = (headers: Readonly<Record<string, string>>): HeaderPlan =>
  new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), { name, value }]));

/** What every server is told, as by the other proxy. */
export const FORWARDED: HeaderPlan = plan({
  Host: '$http_host',
  'X-Forwarded-For': '$remote_addr',
  'X-Real-IP': '$remote_addr',
  'X-Forwarded-Host': '$http_host',
  'X-Forwarded-Port': '$server_port',
  'X-Forwarded-Proto': '$scheme',
});

export const withHeaders = (before: HeaderPlan, headers: Readonly<Record<string, string>>): HeaderPlan =>
  new Map([...before, ...plan(headers)]);

/** Changes come one after the other. What is added stands behind what the client sent. */
export const changedHeaders = (before: HeaderPlan, { set, add, remove }: HeaderChanges, variables: NginxVariables): HeaderPlan => {
  const after = new Map(before);
  for (const { name, value } of set) after.set(name.toLowerCase(), { name, value: variables.literal(value) });
  for (const { name, value } of add) {
    const key = name.toLowerCase();
    const [known, more] = [after.get(key)?.value, variables.literal(value)];
    const all = known === undefined ? sentAnd(key, more, variables) : known === '' ? more : variables.joined([known, `, ${more}`]);
    after.set(key, { name, value: all });
  }
  for (const name of remove) after.set(name.toLowerCase(), { name, value: '' });
  return after;
};

const sentAnd = (key: string, more: string, variables: NginxVariables): string => {
  const sent = `$http_${key.replaceAll('-', '_')}`;
  return variables.map(sent, [
    ['""', quoted(more)],
    ['default', quoted(`${sent}, ${more}`)],
  ]);
};

/** Lines that set them, for requests by `proxy` or `grpc`. */
export const headerLines = (headers: HeaderPlan, kind: 'proxy' | 'grpc'): readonly string[] =>
  [...headers.values()].map(({ name, value }) => `        ${kind}_set_header ${quoted(name)} ${quoted(value)};`);

/** Lines for headers of an answer: what a server says goes first. */
export const answerLines = (changes: readonly HeaderChanges[], kind: 'proxy' | 'grpc', variables: NginxVariables): readonly string[] => {
  const hidden = new Map<string, string>();
  let added: { readonly name: string; readonly value: string }[] = [];
  for (const { set, add, remove } of changes) {
    for (const name of [...set.map((each) => each.name), ...remove]) {
      hidden.set(name.toLowerCase(), name);
      added = added.filter((each) => each.name.toLowerCase() !== name.toLowerCase());
    }
    added.push(...set, ...add);
  }
  return [
    ...[...hidden.values()].map((name) => `        ${kind}_hide_header ${quoted(name)};`),
    ...added.map(({ name, value }) => `        add_header ${quoted(name)} ${quoted(variables.literal(value))} always;`),
  ];
};
