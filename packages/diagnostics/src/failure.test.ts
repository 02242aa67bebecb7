import { describe, expect, it } from 'vitest';
import { defineFailure, describeError, isAbort } from './failure.js';

const CniError = defineFailure<'CNI_TIMEOUT' | 'CNI_FAILED'>('CniError');

describe('defineFailure', () => {
  it('keeps code, hint, retryable and cause', () => {
    const cause = new Error('pipe broke');
    const error = new CniError({
      code: 'CNI_TIMEOUT',
      message: 'plugin bridge took over 30 s',
      hint: 'look at its log',
      retryable: true,
      cause,
    });
    expect(error).toMatchObject({ name: 'CniError', code: 'CNI_TIMEOUT', hint: 'look at its log', retryable: true, cause });
  });

  it('recognises an error made by another copy of the class', () => {
    const otherCopy = defineFailure<'CNI_FAILED'>('CniError');
    expect(CniError.is(new otherCopy({ code: 'CNI_FAILED', message: 'no' }))).toBe(true);
  });

  it('does not take a stranger for its own', () => {
    expect(CniError.is(Object.assign(new Error('no'), { code: 'CNI_FAILED' }))).toBe(false);
    expect(CniError.is(undefined)).toBe(false);
  });
});

describe('describeError', () => {
  it('joins the causes and says nothing twice', () => {
    const root = new Error('connect ENOENT');
    expect(describeError(new Error('cannot reach the runtime', { cause: root }))).toBe('cannot reach the runtime: connect ENOENT');
    expect(describeError(new Error('cannot reach: connect ENOENT', { cause: root }))).toBe('cannot reach: connect ENOENT');
    expect(describeError('plain')).toBe('plain');
  });
});

describe('isAbort', () => {
  it('tells an abort from a fault', () => {
    const controller = new AbortController();
    controller.abort();
    expect(isAbort(controller.signal.reason)).toBe(true);
    expect(isAbort(new Error('boom'))).toBe(false);
  });
});
