import { HttpError } from '../server/http-error.js';
import { parseRfc3339 } from './rfc3339.js';

/** What GET /logs?query=… asks for: one file of the log directory, or the records of services. */
export type NodeLogQuery =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'services'; readonly services: readonly string[]; readonly options: NodeLogOptions };

export interface NodeLogOptions {
  readonly sinceTime?: Date;
  readonly untilTime?: Date;
  readonly tailLines?: number;
  readonly boot?: number;
  readonly pattern?: string;
}

const MAX_TAIL_LINES = 100_000;
const MAX_SERVICES = 4;
const MAX_SERVICE_LENGTH = 256;

/**
 * The query, or undefined when there is none and the path counts. Upstream: pkg/kubelet/kubelet_server_journal.go.
 * @throws HttpError 400 in upstream's words
 */
export const parseNodeLogQuery = (params: URLSearchParams): NodeLogQuery | undefined => {
  const asked = params.getAll('query');
  const files = asked.filter((one) => /[/\\]/.test(one));
  const services = asked.filter((one) => !/[/\\]/.test(one) && one.trim() !== '');
  if (asked.length > 0 && files.length + services.length === 0) throw invalid('query', asked, 'query cannot be empty');
  const options = parseOptions(params);
  const hasOptions = Object.keys(options).length > 0;
  if (asked.length === 0 && !hasOptions) return undefined;
  if (asked.length === 0) throw new HttpError(400, 'query: Required value: cannot be empty with options');
  for (const service of services) {
    if (service.length > MAX_SERVICE_LENGTH) throw invalid('query', service, 'length must be less than 100');
    if (!/^[\w@-]+$/.test(service)) throw invalid('query', service, 'input contains unsupported characters');
  }
  if (services.length > MAX_SERVICES)
    throw new HttpError(400, `query: Too many: ${services.length}: must have at most ${MAX_SERVICES} items`);
  if (files.length > 0 && services.length > 0) throw invalid('query', [...files, ...services], 'cannot specify a file and service');
  if (files.length > 1) throw invalid('query', files, 'cannot specify more than one file');
  const [path] = files;
  if (path === undefined) return { type: 'services', services, options };
  if (hasOptions) throw invalid('query', files, 'cannot specify file with options');
  return { type: 'file', path };
};

const parseOptions = (params: URLSearchParams): NodeLogOptions => {
  const sinceTime = time(params, 'sinceTime');
  const untilTime = time(params, 'untilTime');
  const boot = whole(params, 'boot');
  const tailLines = whole(params, 'tailLines');
  const pattern = params.get('pattern') ?? '';
  if (sinceTime && untilTime && sinceTime > untilTime) throw invalid('untilTime', params.get('untilTime'), 'must be after `sinceTime`');
  if (boot !== undefined && boot > 0) throw invalid('boot', boot, 'must be less than 1');
  if (tailLines !== undefined && (tailLines < 0 || tailLines > MAX_TAIL_LINES)) {
    throw invalid('tailLines', tailLines, `must be between 0 and ${MAX_TAIL_LINES}, inclusive`);
  }
  return {
    ...(sinceTime === undefined ? {} : { sinceTime }),
    ...(untilTime === undefined ? {} : { untilTime }),
    ...(boot === undefined ? {} : { boot }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(pattern === '' ? {} : { pattern }),
  };
};

const time = (params: URLSearchParams, name: string): Date | undefined => {
  const text = params.get(name) ?? '';
  if (text === '') return undefined;
  const value = parseRfc3339(text);
  if (value === undefined) throw invalid(name, text, 'invalid time format');
  return new Date(value);
};

const whole = (params: URLSearchParams, name: string): number | undefined => {
  const text = params.get(name) ?? '';
  if (text === '') return undefined;
  if (!/^[+-]?\d{1,15}$/.test(text)) throw invalid(name, text, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
};

const invalid = (field: string, value: unknown, detail: string): HttpError =>
  new HttpError(400, `${field}: Invalid value: ${JSON.stringify(value)}: ${detail}`);

/** Arguments of journalctl(1). Upstream: kubelet_server_journal_linux.go; times say that they are UTC, whatever the machine's zone. */
export const journalArguments = (services: readonly string[], options: NodeLogOptions): readonly string[] => {
  const { sinceTime, untilTime, tailLines, pattern, boot } = options;
  const utc = (moment: Date): string => `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return [
    '--utc',
    '--no-pager',
    '--output=short-precise',
    ...(sinceTime === undefined ? [] : [`--since=${utc(sinceTime)}`]),
    ...(untilTime === undefined ? [] : [`--until=${utc(untilTime)}`]),
    ...(tailLines === undefined ? [] : [`--lines=${tailLines}`]),
    ...services.map((service) => `--unit=${service}`),
    ...(pattern === undefined ? [] : [`--grep=${pattern}`, '--case-sensitive=false']),
    ...(boot === undefined ? [] : [`--boot=${boot}`]),
  ];
};
