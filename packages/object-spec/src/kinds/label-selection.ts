import type { LabelSelector } from '@solo-kubelet/pod-spec';
import { createReport, type Report, validateLabelSelector } from '@solo-kubelet/pod-spec/schema';

type Labels = Readonly<Record<string, string>>;

/** Whether a selector can be used at all. */
export const isUsableSelector = (selector: LabelSelector | undefined): boolean => {
  const report = createReport();
  validateLabelSelector(selector, '', report);
  return report.errors.length === 0;
};

export const isEmptySelector = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  Object.keys(matchLabels).length + matchExpressions.length === 0;

/** Whether a selector that can be used matches labels; one that is absent matches nothing, an empty one everything. */
export const matchesLabels = (selector: LabelSelector | undefined, labels: Labels): boolean => {
  if (selector === undefined) return false;
  const has = (key: string): boolean => Object.hasOwn(labels, key);
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => has(key) && labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      switch (operator) {
        case 'In':
          return has(key) && values.includes(labels[key]!);
        case 'NotIn':
          return !has(key) || !values.includes(labels[key]!);
        case 'Exists':
          return has(key);
        default:
          return !has(key);
      }
    })
  );
};

/** The labels of what a workload makes must be those that it looks for. */
export const validateTemplateMatches = (
  selector: LabelSelector | undefined,
  labels: Labels | undefined,
  field: string,
  report: Report,
): void => {
  if (selector !== undefined && isEmptySelector(selector)) return;
  if (matchesLabels(selector, labels ?? {})) return;
  report.invalidStructure(`${field}.metadata.labels`, labels, '`selector` does not match template `labels`');
};
