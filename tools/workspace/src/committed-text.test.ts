import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' });

/** Committed files that hold a text. */
const filesWith = (text: string): string => {
  try {
    return git('grep', '-lIF', '-e', text);
  } catch (error) {
    if ((error as { status?: number }).status === 1) return ''; // found nothing
    throw error;
  }
};

/** Where this machine fetches packages from. */
const registryHost = (): string | undefined => {
  const { host } = new URL(execFileSync('npm', ['config', 'get', 'registry'], { cwd: root, encoding: 'utf8' }).trim());
  return /[a-z].*\./.test(host) ? host : undefined;
};

/** Directories that every machine has, so that paths in them tell nothing. */
const ORDINARY = ['/', '/builds', '/home', '/mnt', '/opt', '/root', '/srv', '/tmp', '/usr/src', '/var/tmp'];
const checkout = root.replace(/\/$/, '');
const isTelling = (directory: string): boolean => !ORDINARY.includes(directory);

/** Text that would tell where the repository was made. */
const traces = [
  ...(isTelling(dirname(checkout)) ? [checkout, `${dirname(checkout)}/`] : []),
  ...[registryHost()].filter((host) => host !== undefined),
];

describe('committed text', () => {
  it.each(traces)('nowhere names %s', (trace) => {
    expect(filesWith(trace)).toBe('');
  });

  it('pins dependencies by name and hash, not by the address they came from', () => {
    expect(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8').match(/^.*(https?:|tarball:).*$/gm)).toBeNull();
  });

  it('has no .npmrc that names a registry', () => {
    expect(git('ls-files', '*.npmrc')).toBe('');
  });
});
