import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { journalArguments, parseNodeLogQuery } from './node-log-query.js';

const parse = (text: string) => parseNodeLogQuery(new URLSearchParams(text));

describe('a query of the node log', () => {
  it('is none without parameters', () => {
    expect(parse('')).toBeUndefined();
    expect(parse('other=1')).toBeUndefined();
  });

  it('is for a file when it has a slash, else for services', () => {
    expect(parse('query=/syslog')).toEqual({ type: 'file', path: '/syslog' });
    expect(parse('query=kubelet&query=containerd&tailLines=5')).toEqual({
      type: 'services',
      services: ['kubelet', 'containerd'],
      options: { tailLines: 5 },
    });
  });

  it.each([
    ['query=', 'query: Invalid value: [""]: query cannot be empty'],
    ['tailLines=5', 'query: Required value: cannot be empty with options'],
    ['query=a;b', 'query: Invalid value: "a;b": input contains unsupported characters'],
    ['query=--vacuum-size=1', 'query: Invalid value: "--vacuum-size=1": input contains unsupported characters'],
    ['query=a&query=b&query=c&query=d&query=e', 'query: Too many: 5: must have at most 4 items'],
    ['query=/a&query=b', 'query: Invalid value: ["/a","b"]: cannot specify a file and service'],
    ['query=/a&query=/b', 'query: Invalid value: ["/a","/b"]: cannot specify more than one file'],
    ['query=/a&boot=0', 'query: Invalid value: ["/a"]: cannot specify file with options'],
    ['query=a&sinceTime=yesterday', 'sinceTime: Invalid value: "yesterday": invalid time format'],
    ['query=a&boot=1', 'boot: Invalid value: 1: must be less than 1'],
    ['query=a&boot=x', 'boot: Invalid value: "x": strconv.Atoi: parsing "x": invalid syntax'],
    ['query=a&tailLines=100001', 'tailLines: Invalid value: 100001: must be between 0 and 100000, inclusive'],
    [
      'query=a&sinceTime=2026-01-02T00:00:00Z&untilTime=2026-01-01T00:00:00Z',
      'untilTime: Invalid value: "2026-01-01T00:00:00Z": must be after `sinceTime`',
    ],
  ])('%s is refused', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ status: 400, message }));
  });

  it('becomes arguments of journalctl', () => {
    const query = parse(
      'query=kubelet&sinceTime=2026-01-02T03:04:05%2B01:00&untilTime=2026-01-03T00:00:00Z&tailLines=9&pattern=a%20b&boot=-1',
    );
    if (query?.type !== 'services') throw new Error('not for services');
    expect(journalArguments(query.services, query.options)).toEqual([
      '--utc',
      '--no-pager',
      '--output=short-precise',
      '--since=2026-01-02 02:04:05 UTC',
      '--until=2026-01-03 00:00:00 UTC',
      '--lines=9',
      '--unit=kubelet',
      '--grep=a b',
      '--case-sensitive=false',
      '--boot=-1',
    ]);
  });

  it
    .skipIf(spawnSync('journalctl', ['--version']).status !== 0)
    .each([
      'query=kubelet&sinceTime=2026-01-02T03:04:05%2B01:00&untilTime=2026-01-03T00:00:00Z&tailLines=9&pattern=a%20b&boot=-1',
      'query=-f&query=getty@tty1&tailLines=0&pattern=--vacuum-size%3D1&boot=0',
    ])('is understood by journalctl itself, which finds nothing in an empty journal: %s', (text) => {
    const query = parse(text);
    if (query?.type !== 'services') throw new Error('not for services');
    const empty = mkdtempSync(join(tmpdir(), 'solo-journal-'));
    try {
      const args = [...journalArguments(query.services, query.options), `--directory=${empty}`];
      const { stdout, stderr } = spawnSync('journalctl', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
      expect(`${stdout}${stderr}`).toMatch(
        /^No journal files were found\.\n(Data from the specified boot \(\S+\) is not available: .*|-- No entries --)\n$/,
      );
    } finally {
      rmSync(empty, { recursive: true });
    }
  });
});
