import { parseGoDuration } from '@solo-kubelet/diagnostics/text';
import {
  type Fields,
  fieldsOf,
  offsetOf,
  readSettings,
  type SettingsIssue,
  type Tell,
  textOf,
} from '@solo-kubelet/manifest-source/settings';
import { type LimitRange, parseMixedManifest } from '@solo-kubelet/object-spec';
import { type EnvVar, labelValueErrors, qualifiedNameErrors } from '@solo-kubelet/pod-spec';
import { parseLevel, securityCheckIds } from '@solo-kubelet/pod-spec/pod-security';
import { isMap, isScalar, type YAMLMap } from 'yaml';
import type { AdmissionPolicy, ImageRewrite, PodPattern, PolicyAction, PolicyRule } from './core/admission-policy.js';
import { normalPrefix } from './core/image-prefix.js';

export const POLICY_API_VERSION = 'solo-kubelet.dev/v1alpha1';
export const POLICY_KIND = 'AdmissionPolicy';

export type ParsedPolicy =
  | { readonly ok: true; readonly policy: AdmissionPolicy }
  | { readonly ok: false; readonly issues: readonly SettingsIssue[] };

/** Most that the file of a policy may have, bytes. */
export const MAX_POLICY_BYTES = 256 * 1024;
const MAX_RULES = 256;
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const MAX_TIMEOUT_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 5_000;

/** Reads the file of a policy. Every field is checked, and one that is unknown is an error: a misspelled rule must not pass. Never throws. */
export const parsePolicy = (text: string, { path }: { readonly path: string }): ParsedPolicy => {
  const parsed = readSettings(text, {
    path,
    want: `an ${POLICY_KIND} of ${POLICY_API_VERSION}`,
    single: 'one file holds one policy',
    read: (root, tell) => readPolicy(root, path, tell),
  });
  return parsed.ok ? { ok: true, policy: parsed.value } : parsed;
};

const readPolicy = (root: YAMLMap, path: string, tell: Tell): AdmissionPolicy | undefined => {
  const top = fieldsOf(root, '', tell);
  const same = (wanted: string) => (text: string) => (text === wanted ? text : undefined);
  for (const [field, wanted] of [
    ['apiVersion', POLICY_API_VERSION],
    ['kind', POLICY_KIND],
  ] as const) {
    if (!top.has(field)) top.missing(field, `it is missing: want ${wanted}`);
    top.text(field, wanted, same(wanted));
  }
  const metadata = top.map('metadata');
  const spec = top.map('spec');
  top.end();
  if (metadata === undefined) top.missing('metadata', 'it is missing: want metadata.name');
  if (spec === undefined) top.missing('spec', 'it is missing: want spec.rules');
  if (metadata === undefined || spec === undefined) return undefined;
  const meta = fieldsOf(metadata, 'metadata', tell);
  const name = meta.text('name', 'a name of letters a-z, digits and -, at most 63', (text) => (NAME.test(text) ? text : undefined));
  if (!meta.has('name')) meta.missing('name', 'it is missing');
  meta.end();
  const fields = fieldsOf(spec, 'spec', tell);
  const rules = fields.list('rules', 'rules', (item, field) => readRule(item, field, tell));
  if (!fields.has('rules')) fields.missing('rules', 'it is missing: want a list of rules');
  fields.end();
  if (name === undefined || rules === undefined) return undefined;
  if (rules.length > MAX_RULES) fields.wrong('rules', `there are more than ${MAX_RULES}`);
  const twice = rules.find((rule, at) => rules.findIndex((other) => other.name === rule.name) !== at);
  if (twice !== undefined) fields.wrong('rules', `two rules have the name ${JSON.stringify(twice.name)}`);
  return { name, path, rules };
};

/** How each kind of rule is read. The name is the field of the rule. */
const ACTIONS: Readonly<Record<string, (fields: Fields, tell: Tell) => PolicyAction | undefined>> = {
  rewriteImages: (fields, tell) => {
    const rewrites = fields.list('rewriteImages', 'rewrites', (item, field) => readRewrite(item, field, tell));
    return rewrites && { type: 'rewriteImages', rewrites };
  },
  add: (fields, tell) => {
    const map = fields.map('add');
    return map && readAdd(fieldsOf(map, 'add', tell), tell);
  },
  plugin: (fields, tell) => {
    const map = fields.map('plugin');
    return map && readPlugin(fieldsOf(map, 'plugin', tell));
  },
  limits: (fields) => fields.take('limits', 'a list of limits, as a LimitRange has them', (value, { tell }) => readLimits(value, tell)),
  requireDigests: (fields) => {
    const wanted = fields.truth('requireDigests');
    if (wanted === false) fields.wrong('requireDigests', 'want true, or no such rule');
    return wanted === true ? { type: 'requireDigests' } : undefined;
  },
  allowedImages: (fields, tell) => {
    const prefixes = fields.list('allowedImages', 'registries', textItem(PREFIX, tell, normalPrefix));
    return prefixes && { type: 'allowedImages', prefixes };
  },
  podSecurity: (fields, tell) => {
    const map = fields.map('podSecurity');
    return map && readPodSecurity(fieldsOf(map, 'podSecurity', tell), tell);
  },
};

const readRule = (item: unknown, at: string, tell: Tell): PolicyRule | undefined => {
  if (!isMap(item)) {
    tell(offsetOf(item), at, 'want a mapping with a name and one thing to do');
    return undefined;
  }
  // Places inside of a rule are told with it.
  const here: Tell = (offset, field, message) => tell(offset, field.startsWith(at) ? field : `${at}.${field}`, message);
  const fields = fieldsOf(item, at, here);
  const name = fields.text('name', 'a name of letters a-z, digits and -, at most 63', (text) => (NAME.test(text) ? text : undefined));
  if (!fields.has('name')) fields.missing('name', 'it is missing');
  const namespaces = fields.list('namespaces', 'namespaces', textItem('a namespace, * for any text', here));
  const except = fields.list('except', 'Pods', (pattern, field) => readPattern(pattern, field, here)) ?? [];
  const asked = Object.keys(ACTIONS).filter((kind) => fields.has(kind));
  const actions = asked.map((kind) => ACTIONS[kind]?.(fields, here));
  for (const kind of Object.keys(ACTIONS)) if (!asked.includes(kind)) fields.take(kind, '', () => undefined);
  fields.end();
  if (asked.length !== 1) {
    const all = Object.keys(ACTIONS).join(', ');
    here(
      offsetOf(item),
      asked[1] ?? at,
      `a rule does one thing, one of ${all}${asked.length > 1 ? `; this one has ${asked.join(' and ')}` : ''}`,
    );
  }
  const [action] = actions;
  if (name === undefined || action === undefined) return undefined;
  return { name, ...(namespaces && { namespaces }), except, action };
};

/** Texts of a list; an item that is none is told of. */
const textItem =
  (want: string, tell: Tell, read: (text: string) => string | undefined = (text) => text) =>
  (item: unknown, field: string): string | undefined => {
    const given = textOf(item);
    const text = given === undefined ? undefined : read(given);
    if (text === undefined) tell(offsetOf(item), field, `want ${want}`);
    return text;
  };

const readPattern = (item: unknown, at: string, tell: Tell): PodPattern | undefined => {
  if (!isMap(item)) {
    tell(offsetOf(item), at, 'want a namespace, a name, or both; * stands for any text');
    return undefined;
  }
  const fields = fieldsOf(item, at, tell);
  const [namespace, name] = ['namespace', 'name'].map((field) => fields.text(field));
  fields.end();
  if (namespace !== undefined || name !== undefined) return { namespace: namespace ?? '*', name: name ?? '*' };
  tell(offsetOf(item), at, 'want a namespace, a name, or both; for all Pods leave the rule out');
  return undefined;
};

const PREFIX = 'a registry, and as much of a repository as has to fit, such as docker.io/library';

const readRewrite = (item: unknown, at: string, tell: Tell): ImageRewrite | undefined => {
  if (!isMap(item)) {
    tell(offsetOf(item), at, 'want a mapping with from and to');
    return undefined;
  }
  const fields = fieldsOf(item, at, tell);
  const [from, to] = ['from', 'to'].map((field) => {
    if (!fields.has(field)) fields.missing(field, `it is missing: want ${PREFIX}`);
    return fields.text(field, PREFIX, normalPrefix);
  });
  fields.end();
  if (from === undefined || to === undefined) return undefined;
  if (to === from || to.startsWith(`${from}/`)) fields.wrong('to', 'it lies under from: an image would be rewritten again and again');
  return { from, to };
};

const readAdd = (fields: Fields, tell: Tell): PolicyAction | undefined => {
  const texts = (name: string, wrong: (key: string, value: string) => readonly string[]) => {
    const map = fields.map(name);
    return Object.fromEntries(
      (map?.items ?? []).flatMap(({ key, value }) => {
        const [word, text] = [key, value].map((node) => (isScalar(node) ? node.value : undefined));
        const faults = typeof word === 'string' && typeof text === 'string' ? wrong(word, text) : ['want a text'];
        if (faults[0] === undefined) return [[String(word), String(text)]];
        tell(offsetOf(key), `add.${name}[${String(word)}]`, faults[0]);
        return [];
      }),
    );
  };
  const labels = texts('labels', (key, value) => [...qualifiedNameErrors(key), ...labelValueErrors(value)]);
  const annotations = texts('annotations', (key) => qualifiedNameErrors(key.toLowerCase()));
  const env = fields.list('env', 'variables', (item, field) => readVariable(item, field, tell)) ?? [];
  fields.end();
  return { type: 'add', labels, annotations, env };
};

const readVariable = (item: unknown, at: string, tell: Tell): EnvVar | undefined => {
  if (!isMap(item)) {
    tell(offsetOf(item), at, 'want a mapping with name and value');
    return undefined;
  }
  const fields = fieldsOf(item, at, tell);
  const name = fields.text('name', 'a name without =', (text) => (/^[^=\0]+$/.test(text) ? text : undefined));
  const value = fields.take('value', 'a text', (node) => (isScalar(node) && typeof node.value === 'string' ? node.value : undefined));
  if (!fields.has('name')) fields.missing('name', 'it is missing');
  fields.end();
  return name === undefined ? undefined : { name, value: value ?? '' };
};

const readPlugin = (fields: Fields): PolicyAction | undefined => {
  const module = fields.text('module', 'the name of a package, or the absolute path of a module', (text) =>
    /^\.{1,2}\//.test(text) ? undefined : text,
  );
  if (!fields.has('module')) fields.missing('module', 'it is missing');
  const timeoutMs = fields.text('timeout', 'a duration from 10ms to 30s', (text) => {
    const ms = parseGoDuration(text);
    return ms !== undefined && ms >= 10 && ms <= MAX_TIMEOUT_MS ? ms : undefined;
  });
  const config = fields.take('config', 'a value', (node) => (node as { toJSON?: () => unknown } | null)?.toJSON?.() ?? null);
  fields.end();
  return module === undefined ? undefined : { type: 'plugin', module, timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS, config: config ?? {} };
};

const readPodSecurity = (fields: Fields, tell: Tell): PolicyAction | undefined => {
  const level = fields.text('level', 'one of baseline, restricted', (text) =>
    text === 'baseline' || text === 'restricted' ? text : undefined,
  );
  if (!fields.has('level')) fields.missing('level', 'it is missing: want baseline or restricted');
  const version = fields.text('version', '"latest" or "v1.x"', (text) => (parseLevel('baseline', text) ? text : undefined));
  const ids = level === undefined ? [] : securityCheckIds(level);
  const checks = fields.list(
    'checks',
    'checks',
    textItem(`one of ${ids.join(', ')}`, tell, (text) => (level === undefined || ids.includes(text) ? text : undefined)),
  );
  fields.end();
  const at = level && parseLevel(level, version);
  return at && { type: 'podSecurity', level: at, ...(checks && { checks }) };
};

/** By the rules of a LimitRange, defaults included. */
const readLimits = (node: unknown, tell: (message: string) => void): PolicyAction | undefined => {
  const limits = (node as { toJSON?: () => unknown } | null)?.toJSON?.();
  const manifest = { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'limits', namespace: 'default' }, spec: { limits } };
  const [document] = parseMixedManifest(JSON.stringify(manifest), { path: 'policy', nodeName: 'node' }).documents;
  if (document?.type !== 'object') return undefined;
  const { result } = document;
  if (!result.ok || result.notes.length > 0) {
    const first = result.ok ? result.notes[0] : result.issues[0];
    tell(first === undefined ? 'want limits as a LimitRange has them' : first.message.replace(/^spec\.limits/, ''));
    return undefined;
  }
  const range = result.object as LimitRange;
  const foreign = range.spec?.limits.find(({ type }) => type !== 'Container' && type !== 'Pod');
  if (foreign === undefined) return { type: 'limits', range };
  tell(`want limits of type Container or Pod, not ${JSON.stringify(foreign.type)}`);
  return undefined;
};
