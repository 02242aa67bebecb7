import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** Ends an exchange with another status than 200; thrown by handlers, turned into the answer in one place. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

const NOSNIFF = { 'X-Content-Type-Options': 'nosniff' };

export const sendText = (response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void => {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    ...NOSNIFF,
    ...headers,
  });
  response.end(text);
};

/** Marks numbers on their way through JSON.stringify; random, so that no text of a pod can look like one. */
const MARK = randomUUID();
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g');

/** JSON text in which whole numbers beyond 2^53, which arrive as bigint, are written as numbers without loss. */
export const toJson = (value: unknown): string => {
  let hasBigInt = false;
  const text = JSON.stringify(value, (_, item: unknown) => {
    if (typeof item !== 'bigint') return item;
    hasBigInt = true;
    return `${MARK}${item}`;
  });
  return hasBigInt ? text.replace(MARKED, '$1') : text;
};

export const sendJson = (response: ServerResponse, value: unknown): void => {
  const text = toJson(value);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), ...NOSNIFF });
  response.end(text);
};

/** Parameters that count as true: present with an empty value, or 1, t, true in any usual case (Go's strconv.ParseBool). */
export const booleanParameter = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  if (value === null) return false;
  if (value === '' || ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false;
  throw new HttpError(400, `invalid boolean for ${name}`);
};
