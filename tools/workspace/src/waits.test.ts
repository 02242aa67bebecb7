import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageSources, packagesDirectory } from './package-sources.js';

/** Sources that are published, except the one home of waits and abort listeners. */
const sources = packageSources().filter((path) => !path.startsWith('timers/'));

/** What @solo-kubelet/timers is for, and what of it to use instead. */
const banned: readonly (readonly [what: string, pattern: RegExp, instead: string])[] = [
  ['a timer that takes 25 days for 1 ms', /(?<![.\w])set(Timeout|Interval)\((?!callback: )/, 'longTimeout, longInterval'],
  ['a wait that takes 25 days for 1 ms', /set(Timeout|Interval)\b.*from 'node:timers/, 'delay'],
  ['a time limit that throws for fractions and takes 25 days for 1 ms', /AbortSignal\.timeout\(/, 'timeoutSignal'],
  ['a join that a long-lived signal remembers for ever', /AbortSignal\.any\(/, 'joinSignals'],
  ['an abort listener that may outlive its work', /addEventListener\('abort'(?!.*once: true)/, 'onAbort'],
  ['a deadline that may be out of range', /deadline: Date\.now\(\)/, 'callDeadline'],
  [
    'a back-off of its own',
    /Math\.min\((?:[\w.]+Ms \* 2|2 \* [\w.]+Ms)\b|\b(?:\w+Ms|\w*_MS) \* 2 \*\*|Ms \*= 2\b/,
    'backoffMs, nextBackoffMs',
  ],
];

const offences = (text: string): readonly string[] =>
  text
    .split('\n')
    .flatMap((line, index) =>
      banned.flatMap(([what, pattern, instead]) => (pattern.test(line) ? [`${index + 1}: ${what}; use ${instead}`] : [])),
    );

/** RxJS' own scheduler, where nothing makes its waits of any length. */
const isBareScheduler = (text: string): boolean => /scheduler\w*( = |: \w+ = )asyncScheduler/.test(text) && !text.includes('longDelays(');

/** Names of moments, which are no durations. */
const INSTANTS: ReadonlySet<string> = new Set(['nowMs', 'sinceMs', 'startMs']);

/** Options of so many ms that a caller may give. */
const durationsGiven = (text: string): readonly string[] =>
  [...text.matchAll(/interface \w*(?:Options|Deps|Environment)\b[^{]*\{(.*?)\n\}/gs)].flatMap(([, members = '']) =>
    [...members.matchAll(/readonly (\w+Ms)\?: number;/g)].flatMap(([, name = '']) => (INSTANTS.has(name) ? [] : [name])),
  );
const durationsChecked = (text: string): readonly string[] =>
  [...text.matchAll(/check(?:Duration|Interval)\(\s*'(?:\w+\.)?(\w+)'/g)].map(([, name = '']) => name);

describe('what waits', () => {
  it('checks each duration that a caller of a library gives', () => {
    const libraries = new Set(sources.map((path) => path.slice(0, path.indexOf('/'))));
    const found = [...libraries].flatMap((name) => {
      if (name === 'kubelet-cli') return []; // its options come from its own command line, which checks them
      const own = sources.filter((path) => path.startsWith(`${name}/`));
      const texts = own.map((path) => readFileSync(join(packagesDirectory, path), 'utf8'));
      const checked = new Set(texts.flatMap(durationsChecked));
      return texts.flatMap(durationsGiven).flatMap((option) => (checked.has(option) ? [] : [`${name}: ${option}`]));
    });
    expect(found).toEqual([]);
    expect(durationsGiven('interface WaitOptions {\n  /** ms. */\n  readonly pauseMs?: number;\n}')).toEqual(['pauseMs']);
  });

  it('waits by @solo-kubelet/timers', () => {
    const found = sources.flatMap((path) =>
      offences(readFileSync(join(packagesDirectory, path), 'utf8')).map((offence) => `packages/${path}:${offence}`),
    );
    expect(found).toEqual([]);
  });

  it('schedules by longDelays, where it schedules by default', () => {
    const found = sources.filter((path) => isBareScheduler(readFileSync(join(packagesDirectory, path), 'utf8')));
    expect(found).toEqual([]);
  });

  it.each([
    'const timer = setTimeout(() => {}, ms);',
    "import { setTimeout as delay } from 'node:timers/promises';",
    'const limit = AbortSignal.timeout(timeoutMs);',
    'AbortSignal.any([signal, other])',
    "signal.addEventListener('abort', stop);",
    'client.call(request, { deadline: Date.now() + timeoutMs });',
    'waitMs = Math.min(waitMs * 2, LONGEST_MS);',
    'retryMs = Math.min(2 * retryMs, 5_000);',
    'const delayMs = Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS);',
    'waitMs *= 2;',
  ])('would see %s', (line) => expect(offences(line)).toHaveLength(1));

  it('would see a scheduler of RxJS', () => {
    expect(isBareScheduler('({ scheduler = asyncScheduler }) => timer(ms, scheduler)')).toBe(true);
    expect(isBareScheduler('({ scheduler: given = asyncScheduler }) => timer(ms, longDelays(given))')).toBe(false);
  });
});
