import type { FieldError } from '@solo-kubelet/pod-spec';
import { createReport, type Report } from '@solo-kubelet/pod-spec/schema';
import { badRequest, invalid } from '../status/api-error.js';
import { parseSelectors } from './parse-selectors.js';
import { isOn } from './request-info.js';

/** What a write may be told in its query. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  /** As it was given. */
  readonly force?: boolean;
}

const MAX_MANAGER_BYTES = 128;
const VALIDATIONS = ['Ignore', 'Strict', 'Warn'];

const validateDryRun = (values: readonly string[], report: Report): void => {
  if (values.length > 0 && (values.length !== 1 || values[0] !== 'All') && !values.every((value) => value === 'All')) {
    const shown = `[${values.map((value) => JSON.stringify(value)).join(',')}]`;
    report.include([unsupported('dryRun', shown, ['All'])]);
  }
};

const unsupported = (field: string, shown: string, supported: readonly string[]): FieldError => {
  const detail = `supported values: ${supported.map((value) => JSON.stringify(value)).join(', ')}`;
  return { type: 'Unsupported value', field, detail, message: `${field}: Unsupported value: ${shown}: ${detail}` };
};

const isPrintable = (character: string): boolean => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);

export const validateFieldManager = (manager: string, field: string, report: Report): void => {
  if (Buffer.byteLength(manager) > MAX_MANAGER_BYTES) report.tooLong(field, MAX_MANAGER_BYTES);
  let position = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
      report.invalid(field, manager, `invalid character U+${code} (at position ${position})`);
    }
    position += Buffer.byteLength(character);
  }
};

/** Options of a create, an update or a patch. @throws ApiError 422 with the name of the options */
export const readWriteOptions = (
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  isApply = false,
): WriteOptions => {
  const report = createReport();
  const dryRun = query.getAll('dryRun');
  const fieldManager = query.get('fieldManager') ?? '';
  const fieldValidation = query.get('fieldValidation') ?? '';
  const force = query.get('force');
  if (kind === 'PatchOptions') {
    if (isApply) {
      if (fieldManager === '') report.required('fieldManager', 'is required for apply patch');
    } else if (force !== null) report.forbidden('force', 'may not be specified for non-apply patch');
  }
  validateFieldManager(fieldManager, 'fieldManager', report);
  validateDryRun(dryRun, report);
  if (fieldValidation !== '' && !VALIDATIONS.includes(fieldValidation))
    report.notSupported('fieldValidation', fieldValidation, ['', ...VALIDATIONS]);
  if (report.errors.length > 0) throw invalid({ group: 'meta.k8s.io', name: kind }, '', report.errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: (fieldValidation || 'Warn') as WriteOptions['fieldValidation'],
    ...(force !== null && { force: isOn(force) }),
  };
};

export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly timeoutSeconds?: number;
  readonly limit: number;
  readonly continue: string;
  readonly sendInitialEvents?: boolean;
}

/** As strconv.ParseInt reads it. @throws ApiError 400 */
export const readInt = (text: string): number => {
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value) && BigInt(text) !== BigInt.asIntN(64, BigInt(text))) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return value;
};

const GO_DURATION = /^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/;
const WATCH_MATCH = 'NotOlderThan';
const MATCHES = ['Exact', WATCH_MATCH];

const validateList = (options: ListOptions, report: Report): void => {
  const { resourceVersionMatch: match, resourceVersion, sendInitialEvents } = options;
  if (options.watch) {
    validateWatch(options, report);
    return;
  }
  if (sendInitialEvents !== undefined) report.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  if (match === '') return;
  if (resourceVersion === '')
    report.forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (options.continue !== '') report.forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided');
  if (!MATCHES.includes(match)) report.notSupported('resourceVersionMatch', match, [...MATCHES, '']);
  if (match === 'Exact' && resourceVersion === '0') {
    report.forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
};

/** A watch from the beginning that says nothing of initial events gets them (SetListOptionsDefaults), and is judged as one that asks for them. */
export const startsFromNothing = ({ resourceVersion, resourceVersionMatch, sendInitialEvents }: ListOptions): boolean =>
  sendInitialEvents === undefined && resourceVersionMatch === '' && (resourceVersion === '' || resourceVersion === '0');

/** As validateWatchOptions of apimachinery looks at them. */
const validateWatch = (options: ListOptions, report: Report): void => {
  const { sendInitialEvents } = options;
  const match = startsFromNothing(options) ? WATCH_MATCH : options.resourceVersionMatch;
  const field = 'resourceVersionMatch';
  if (sendInitialEvents !== undefined && match !== WATCH_MATCH) {
    report.forbidden(field, `sendInitialEvents requires setting resourceVersionMatch to ${WATCH_MATCH}`);
  }
  if (match === '') return;
  if (sendInitialEvents === undefined && !startsFromNothing(options)) {
    report.forbidden(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  }
  if (match !== WATCH_MATCH) report.notSupported(field, match, [WATCH_MATCH]);
  if (options.continue !== '') report.forbidden(field, 'resourceVersionMatch is forbidden when continue is provided');
};

/** Options of a list, a watch or the deletion of a collection. @throws ApiError 400, 422 */
export const readListOptions = (query: URLSearchParams, watch: boolean): ListOptions => {
  const timeout = query.get('timeoutSeconds');
  const limit = query.get('limit');
  const initial = query.get('sendInitialEvents');
  const duration = query.get('timeout');
  if (duration !== null && duration !== '' && !GO_DURATION.test(duration)) {
    throw badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(duration)}`);
  }
  const options: ListOptions = {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    watch,
    allowWatchBookmarks: isOn(query.get('allowWatchBookmarks')),
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    ...(timeout !== null && { timeoutSeconds: readInt(timeout) }),
    limit: limit === null ? 0 : readInt(limit),
    continue: query.get('continue') ?? '',
    ...(initial !== null && { sendInitialEvents: isOn(initial) }),
  };
  // Selectors are read with the rest of the query, so that one that cannot be is said first.
  parseSelectors(options.labelSelector, options.fieldSelector);
  const report = createReport();
  validateList(options, report);
  if (report.errors.length > 0) throw invalid({ group: 'meta.k8s.io', name: 'ListOptions' }, '', report.errors);
  return options;
};
