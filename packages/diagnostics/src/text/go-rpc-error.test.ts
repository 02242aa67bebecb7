import { expect, it } from 'vitest';
import { goRpcError } from './go-rpc-error.js';

it.each([
  ['OK', 'OK'],
  ['NOT_FOUND', 'NotFound'],
  ['DEADLINE_EXCEEDED', 'DeadlineExceeded'],
  ['CANCELLED', 'Canceled'],
  ['Code(77)', 'Code(77)'],
])('names %s as Go does', (code, name) => expect(goRpcError(code, 'why')).toBe(`rpc error: code = ${name} desc = why`));

it('tells the cause alone when there was no connection', () =>
  expect(
    goRpcError('UNAVAILABLE', 'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: '),
  ).toBe('rpc error: code = Unavailable desc = connect ECONNREFUSED 127.0.0.1:1'));
