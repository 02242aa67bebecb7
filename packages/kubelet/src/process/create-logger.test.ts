import { describe, expect, it } from 'vitest';
import { createLogger } from './create-logger.js';

const record = (options: { human: boolean; verbosity?: number; quiet?: boolean }) => {
  const lines: string[] = [];
  const logger = createLogger({ ...options, output: { write: (more) => lines.push(more) } });
  logger.debug({}, 'a detail');
  logger.info({ pod: 'default/web', delayMs: 5 }, 'a fact');
  logger.warn({ err: new Error('outer', { cause: new Error('inner') }), path: 'a b' }, 'a trouble');
  return lines.join('');
};

describe('createLogger', () => {
  it('writes one JSON object a line, errors as their messages', () => {
    const records = record({ human: false })
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records).toEqual([
      { level: 'info', time: expect.any(String), pod: 'default/web', delayMs: 5, message: 'a fact' },
      { level: 'warn', time: expect.any(String), err: 'outer: inner', path: 'a b', message: 'a trouble' },
    ]);
  });

  it('writes lines for people', () => {
    expect(record({ human: true }).replaceAll(/\d\d:\d\d:\d\d/g, 'TIME')).toBe(
      'TIME INFO  a fact  pod=default/web  delayMs=5\nTIME WARN  a trouble  err="outer: inner"  path="a b"\n',
    );
  });

  it.each(['level', 'time', 'message'])('has the key %s once, and keeps a fact of that name under another', (key) => {
    const lines: string[] = [];
    createLogger({ human: false, output: { write: (line) => lines.push(line) } }).info({ [key]: 'a fact', detail: 'another' }, 'text');
    expect(lines.join('').match(new RegExp(`"${key}":`, 'g'))).toHaveLength(1);
    expect(JSON.parse(lines.join(''))).toMatchObject({ level: 'info', message: 'text', detail: 'another' });
    expect(Object.values(JSON.parse(lines.join('')))).toContain('a fact');
  });

  it('tells details from verbosity 4 on, and only trouble when quiet', () => {
    expect(record({ human: true, verbosity: 4 })).toContain('a detail');
    expect(record({ human: true, quiet: true })).not.toContain('a fact');
  });
});
