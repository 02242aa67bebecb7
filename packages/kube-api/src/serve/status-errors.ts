import type { ServerResponse } from 'node:http';
import { ApiError } from '@solo-kubelet/api-server';
import { statusAnswer } from './answer-requests.js';

const REASONS: Readonly<Record<number, string>> = { 400: 'BadRequest', 404: 'NotFound', 422: 'Invalid', 500: 'InternalError' };

/**
 * Has a handler that refuses in plain text refuse with a Status, whose message clients show: they hide any other text (GenericHttpResponseChecker in
 * apiserver's registry/rest). What is no refusal passes through as it comes.
 */
export const withStatusErrors = (response: ServerResponse): ServerResponse => {
  const { writeHead, end } = response;
  const restore = (): void => {
    response.writeHead = writeHead;
    response.end = end;
  };
  response.writeHead = ((...given: Parameters<ServerResponse['writeHead']>) => {
    const [code] = given;
    if (code < 400) {
      restore();
      return response.writeHead(...given);
    }
    response.end = ((text?: unknown) => {
      restore();
      const message =
        typeof text === 'string' || text instanceof Uint8Array
          ? Buffer.from(text as string)
              .toString()
              .trim()
          : '';
      const { headers, body } = statusAnswer(new ApiError({ code, reason: REASONS[code] ?? 'Unknown', message }));
      response.writeHead(code, Object.fromEntries([...headers, ['Content-Length', String(Buffer.byteLength(body))]]));
      return response.end(body);
    }) as ServerResponse['end'];
    return response;
  }) as ServerResponse['writeHead'];
  return response;
};
