import { type FieldTerm, type LabelRequirements, parseFieldSelector, parseLabelSelector } from '@solo-kubelet/selectors';
import { badRequest } from '../status/api-error.js';

export interface ParsedSelectors {
  readonly requirements: LabelRequirements;
  readonly terms: readonly FieldTerm[];
}

/** Reads the selectors of a query. @throws ApiError 400 */
export const parseSelectors = (labelSelector: string, fieldSelector: string): ParsedSelectors => {
  const labels = parseLabelSelector(labelSelector);
  if (!labels.ok) throw badRequest(labels.error);
  const fields = parseFieldSelector(fieldSelector);
  if (!fields.ok) throw badRequest(fields.error);
  return { requirements: labels.requirements, terms: fields.terms };
};
