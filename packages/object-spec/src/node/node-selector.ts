import type { PodSpecIssue } from '@solo-kubelet/pod-spec';
import { type IssueFactory, locateField, type ManifestNode } from '@solo-kubelet/pod-spec/schema';
import { matchesLabels, parseLabelSelector } from '@solo-kubelet/selectors';

/** A label selector over the labels of nodes: those that a document is for. */
const NODE_SELECTOR = 'solo-kubelet.dev/node-selector';

const FIELD = `metadata.annotations[${NODE_SELECTOR}]`;

/** What a document says of the nodes that it is for. */
export type NodeChoice =
  /** Nothing, or that it is for this one. `unread`: it names nodes, and nobody has asked which. */
  | { readonly type: 'here'; readonly unread?: PodSpecIssue }
  | { readonly type: 'elsewhere'; readonly selector: string }
  | { readonly type: 'bad'; readonly issue: PodSpecIssue };

/** Labels of the node; `unread` where the annotation does not count; undefined where only its form matters. */
export type NodeLabels = Readonly<Record<string, string>> | 'unread' | undefined;

/** Read before anything else of the document is: one that is for other nodes may have what this one would refuse. */
export const chooseNode = (root: ManifestNode, labels: NodeLabels, issues: IssueFactory): NodeChoice => {
  const value = valueAt(root, ['metadata', 'annotations', NODE_SELECTOR]);
  // Anything but a text is refused by whoever reads annotations.
  if (value?.kind !== 'scalar' || value.type !== 'string') return { type: 'here' };
  const { start, end } = locateField(root, FIELD);
  if (labels === 'unread') {
    const message = `${FIELD}: it counts in verified sources only: this document is for every node that has it`;
    return { type: 'here', unread: issues.own({ severity: 'warning', code: 'FIELD_INVALID', field: FIELD, message, start, end }) };
  }
  const parsed = parseLabelSelector(value.value);
  if (!parsed.ok) {
    const shown = JSON.stringify(value.value.length > MAX_SHOWN ? `${value.value.slice(0, MAX_SHOWN)}…` : value.value);
    const message = `${FIELD}: Invalid value: ${shown}: ${parsed.error.slice(0, MAX_ERROR)}`;
    const hint = 'want a label selector such as site=berlin,role in (camera)';
    return { type: 'bad', issue: issues.own({ code: 'FIELD_INVALID', field: FIELD, message, hint, start, end }) };
  }
  return labels === undefined || matchesLabels(parsed.requirements, labels)
    ? { type: 'here' }
    : { type: 'elsewhere', selector: value.value };
};

const MAX_SHOWN = 100;
const MAX_ERROR = 500;

const valueAt = (root: ManifestNode, path: readonly string[]): ManifestNode | undefined =>
  path.reduce<ManifestNode | undefined>(
    (node, name) => (node?.kind === 'map' ? node.entries.findLast(({ key }) => key === name)?.value : undefined),
    root,
  );

/** What a document calls itself, as far as it does: of one that nobody has checked. */
export const claimedName = (root: ManifestNode): string => {
  const text = (path: readonly string[]): string | undefined => {
    const value = valueAt(root, path);
    return value?.kind === 'scalar' && value.type === 'string' ? value.value : undefined;
  };
  const [namespace, name] = [text(['metadata', 'namespace']), text(['metadata', 'name'])];
  return `${text(['kind']) ?? 'Pod'} ${namespace === undefined ? '' : `${namespace}/`}${name ?? '<none>'}`;
};
