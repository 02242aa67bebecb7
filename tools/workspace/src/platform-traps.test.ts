import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageSources, packagesDirectory } from './package-sources.js';

const sources = packageSources().map((path) => ({ path: `packages/${path}`, text: readFileSync(join(packagesDirectory, path), 'utf8') }));

/** Listens on a unix socket, or connects to one. */
const USES_SOCKET_PATH = /`unix:\$\{|listen\(server, \{ path|connect\(\{ path|createConnection\(path|connect\(path/;
const CHECKS_PATH = /requireSocketPath|socketPathFault|parseEndpoint|namedApiSocket/;
/** They are handed paths that whoever makes them has checked: endpoint.ts, create-fake-cri.ts and nginx-process.ts. */
const GIVEN_CHECKED_PATHS = [
  'packages/cri-client/src/grpc-connection.ts',
  'packages/cri-client/src/socket-trouble.ts',
  'packages/ingress-proxy/src/core/nginx/nginx-files.ts',
];

const canParse = (text: string): boolean => /\bURL\.canParse\b(?!`)/.test(text);
const uncheckedSocket = (text: string): boolean => USES_SOCKET_PATH.test(text) && !CHECKS_PATH.test(text);

describe('what Node.js gets wrong in silence', () => {
  it('is not asked whether it can parse a URL: after thousands of calls Node.js 20 gives wrong answers', () => {
    expect(sources.filter(({ text }) => canParse(text)).map(({ path }) => path)).toEqual([]);
    expect(canParse('if (URL.canParse(text)) return;')).toBe(true);
  });

  it('is given no path of a unix socket that it would cut', () => {
    const found = sources.filter(({ path, text }) => uncheckedSocket(text) && !GIVEN_CHECKED_PATHS.includes(path));
    expect(found.map(({ path }) => path)).toEqual([]);
    expect(uncheckedSocket(`new Client(\`unix:$\{path}\`, credentials)`.replace('\\', ''))).toBe(true);
    expect(uncheckedSocket('const socket = connect({ path }, done);')).toBe(true);
  });
});
