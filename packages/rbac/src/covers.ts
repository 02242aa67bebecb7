import type { PolicyRule } from './policy.js';
import { quotedList } from './quoted-list.js';
import { urlMatches } from './rule-allows.js';

/** The parts of `wanted`, each of one verb, resource and name, that no rule of `held` covers alone. */
export const uncoveredRules = (held: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] =>
  wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)));

const breakDown = ({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): readonly PolicyRule[] => [
  ...apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb): readonly PolicyRule[] => {
        const rule = { verbs: [verb], apiGroups: [group], resources: [resource] };
        return resourceNames.length === 0 ? [rule] : resourceNames.map((name) => ({ ...rule, resourceNames: [name] }));
      }),
    ),
  ),
  ...nonResourceURLs.flatMap((url) => verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] }))),
];

const covers = (held: PolicyRule, part: PolicyRule): boolean =>
  hasAllOrStar(held.verbs, part.verbs) &&
  hasAllOrStar(held.apiGroups, part.apiGroups) &&
  (part.resources ?? []).every((resource) => coversResource(held.resources, resource)) &&
  coversNames(held.resourceNames, part.resourceNames) &&
  (part.nonResourceURLs ?? []).every((url) => (held.nonResourceURLs ?? []).some((own) => coversUrl(own, url)));

const hasAllOrStar = (held: readonly string[] = [], wanted: readonly string[] = []): boolean =>
  held.includes('*') || wanted.every((item) => held.includes(item));

const coversResource = (held: readonly string[] = [], resource: string): boolean => {
  if (held.includes('*') || held.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && held.includes(`*${resource.slice(slash)}`);
};

const coversNames = (held: readonly string[] = [], wanted: readonly string[] = []): boolean =>
  held.length === 0 || (wanted.length > 0 && wanted.every((name) => held.includes(name)));

/** A star covers stars behind the same beginning too; the star alone covers everything. */
const coversUrl = (held: string, url: string): boolean => urlMatches(held, url);

/** Parts of the same group, resource and name as one rule with all their verbs (CompactRules), as text, sorted. */
export const describeRules = (rules: readonly PolicyRule[]): readonly string[] => {
  const verbsOf = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    if (rule.apiGroups === undefined) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    const same = verbsOf.get(key);
    verbsOf.set(key, same === undefined ? rule : { ...same, verbs: [...same.verbs, ...rule.verbs] });
  }
  return [...new Set([...others, ...verbsOf.values()].map(compactText))].sort();
};

const compactText = ({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string =>
  `{${[
    listText('APIGroups', apiGroups),
    listText('Resources', resources),
    listText('NonResourceURLs', nonResourceURLs),
    listText('ResourceNames', resourceNames),
    listText('Verbs', verbs),
  ]
    .filter((text) => text !== '')
    .join(', ')}}`;

const listText = (name: string, items: readonly string[] = []): string => (items.length === 0 ? '' : `${name}:${quotedList(items)}`);
