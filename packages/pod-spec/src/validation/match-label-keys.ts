import type { LabelSelector } from '../gen/pod-types.js';
import { validateLabelName } from './labels.js';
import type { Report } from './report.js';

interface LabelKeys {
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
  readonly labelSelector?: LabelSelector;
}

/** The labels of the Pod itself that join a selector: each once, and none that the selector asks for twice already. */
export const validateMatchLabelKeys = (
  { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: LabelKeys,
  field: string,
  report: Report,
): void => {
  validateKeys(matchLabelKeys, labelSelector, `${field}.matchLabelKeys`, report);
  validateKeys(mismatchLabelKeys, labelSelector, `${field}.mismatchLabelKeys`, report);
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key = '' } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.lastIndexOf(key);
    // The API server has joined a key before it comes here, so that only a second use of it is an error; the path is upstream's.
    if (index >= 0 && seen.has(key)) report.invalid(`${field}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector');
    seen.add(key);
  }
  for (const [i, key] of matchLabelKeys.entries()) {
    if (mismatchLabelKeys.includes(key)) {
      report.invalid(`${field}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys');
    }
  }
};

const validateKeys = (keys: readonly string[], selector: LabelSelector | undefined, field: string, report: Report): void => {
  if (keys.length > 0 && selector === undefined) report.forbidden(field, 'must not be specified when labelSelector is not set');
  else for (const [i, key] of keys.entries()) validateLabelName(key, `${field}[${i}]`, report);
};
