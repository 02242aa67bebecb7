import { formatQuantity, type LabelSelector, type LabelSelectorOperator } from '@solo-kubelet/pod-spec';
import { formatLabelSelector, labelSelectorRequirements } from '@solo-kubelet/selectors';
import { fieldAt, isJsonObject, listAt, mapAt, textAt, textsAt } from './read-field.js';

/** Labels as `a=b,c=d`, sorted; `<none>` without any (FormatLabels). */
export const formatLabels = (labels: Readonly<Record<string, unknown>>): string =>
  Object.entries(labels)
    .flatMap(([key, value]) => (typeof value === 'string' ? [`${key}=${value}`] : []))
    .sort()
    .join(',') || '<none>';

/** A LabelSelector at a path, `<none>` if it is empty or absent (FormatLabelSelector). */
export const selectorAt = (object: unknown, ...path: readonly string[]): string =>
  formatLabelSelector(readSelector(fieldAt(object, ...path)));

/** What reads a selector needs its lists and texts to be lists and texts. */
export const readSelector = (value: unknown): LabelSelector | undefined => {
  if (!isJsonObject(value)) return undefined;
  const matchLabels = Object.entries(mapAt(value, 'matchLabels')).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const matchExpressions = listAt(value, 'matchExpressions').map((term) => ({
    key: textAt(term, 'key'),
    // Its check is the selector's own: an unknown word makes it invalid.
    operator: textAt(term, 'operator') as LabelSelectorOperator,
    values: textsAt(term, 'values'),
  }));
  return { matchLabels: Object.fromEntries(matchLabels), matchExpressions };
};

/** As a Deployment prints its selector: `<invalid>` if it is not valid, nothing if it is empty. */
export const deploymentSelector = (object: unknown): string => {
  const selector = readSelector(fieldAt(object, 'spec', 'selector'));
  return labelSelectorRequirements(selector).ok ? formatLabelSelector(selector).replace(/^<none>$/, '') : '<invalid>';
};

/** Names and images of the containers below a template, each joined by commas. */
export const containerCells = (containers: readonly unknown[]): [names: string, images: string] => [
  containers.map((container) => textAt(container, 'name')).join(','),
  containers.map((container) => textAt(container, 'image')).join(','),
];

/** A quantity's canonical text; `0` for an absent one, and what cannot be read as it stands. */
export const quantityText = (value: unknown): string => {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return '0';
  try {
    return formatQuantity(value);
  } catch {
    return value;
  }
};

/** The first items joined by `separator`; how many there are beyond `shown` follows. */
export const firstAndMore = (items: readonly string[], shown: number, separator: string): string =>
  items.length > shown ? `${items.slice(0, shown).join(separator)} + ${items.length - shown} more...` : items.join(separator);

const ACCESS_MODES = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

export const accessModes = (modes: readonly string[]): string =>
  ACCESS_MODES.flatMap(([mode, short]) => (modes.includes(mode) ? [short] : [])).join(',');

/** The class of a volume or claim: an annotation of old comes before the field. */
export const storageClassOf = (object: unknown): string => {
  const annotation = fieldAt(object, 'metadata', 'annotations', 'volume.beta.kubernetes.io/storage-class');
  return typeof annotation === 'string' ? annotation : textAt(object, 'spec', 'storageClassName');
};

/** A balancer's addresses, sorted, each once. Short tables cut them to 16 characters. */
export const loadBalancerText = (object: unknown, wide: boolean): string => {
  const addresses = listAt(object, 'status', 'loadBalancer', 'ingress').map((point) => textAt(point, 'ip') || textAt(point, 'hostname'));
  const text = [...new Set(addresses.filter((address) => address !== ''))].sort().join(',');
  return !wide && text.length > LOAD_BALANCER_WIDTH ? `${text.slice(0, LOAD_BALANCER_WIDTH - 3)}...` : text;
};
const LOAD_BALANCER_WIDTH = 16;

const BRACKETED = /:/;
/** `address:port`, an IPv6 address in brackets (net.JoinHostPort). */
export const hostPort = (host: string, port: number): string => (BRACKETED.test(host) ? `[${host}]:${port}` : `${host}:${port}`);
