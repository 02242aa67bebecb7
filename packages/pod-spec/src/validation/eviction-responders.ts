import type { PodSpec } from '../gen/pod-types.js';
import { outOfRange, qualifiedNameErrors } from './grammar.js';
import type { Report } from './report.js';

const MAX_RESPONDERS = 10;
const MAX_PRIORITY = 100_000;

/** The reserved domains and priorities are left to the controllers that they are reserved for: a node only keeps the list. */
export const validateEvictionResponders = ({ evictionResponders = [], schedulingGroup }: PodSpec, field: string, report: Report): void => {
  if (evictionResponders.length === 0) return;
  if (schedulingGroup !== undefined) report.forbidden(field, 'may not be set when schedulingGroup is set');
  if (evictionResponders.length > MAX_RESPONDERS) report.tooMany(field, evictionResponders.length, MAX_RESPONDERS);
  const names = new Set<string>();
  for (const [i, { name = '', priority }] of evictionResponders.entries()) {
    const at = `${field}[${i}]`;
    if (name === '') report.required(`${at}.name`);
    else if (!name.includes('/')) report.invalid(`${at}.name`, name, 'must be a domain-prefixed key (such as "acme.io/foo")');
    else report.invalidEach(`${at}.name`, name, qualifiedNameErrors(name));
    if (names.has(name)) report.duplicate(at, name);
    names.add(name);
    if (priority === undefined) report.required(`${at}.priority`);
    else if (priority < 0 || priority > MAX_PRIORITY) report.invalid(`${at}.priority`, priority, outOfRange(0, MAX_PRIORITY));
  }
};
