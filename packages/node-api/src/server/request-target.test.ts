import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequestTarget } from './request-target.js';

const found = (target: string): unknown => {
  const parsed = parseRequestTarget(target);
  return parsed.type === 'path' ? parsed.segments : parsed.type === 'unclean' ? `→ ${parsed.location}` : parsed.type;
};

describe('parseRequestTarget', () => {
  it.each([
    ['/', ['']],
    ['/pods', ['pods']],
    ['/pods/', ['pods', '']],
    ['/run/ns/a%20b/c?cmd=id', ['run', 'ns', 'a%20b', 'c']],
    ['/logs/a/b%2fc', ['logs', 'a', 'b%2fc']],
    ['http://node:10250/pods?x=1', ['pods']],
    ['/a/...', ['a', '...']],
    ['/a/.b', ['a', '.b']],
    ['/stats/../run/ns/p/c?cmd=id', '→ /run/ns/p/c?cmd=id'],
    ['/pods/./', '→ /pods/'],
    ['/pods/..', '→ /'],
    ['//evil.example/..', '→ /'],
    ['//evil.example/x', '→ /evil.example/x'],
    ['/a//b/', '→ /a/b/'],
    ['/../../etc/passwd', '→ /etc/passwd'],
    ['/stats/%2e%2e/run/x', 'malformed'],
    ['/stats/%2E./run/x', 'malformed'],
    ['/stats/..%2frun', 'malformed'],
    ['/stats/..%5crun', 'malformed'],
    ['/stats/%2e', 'malformed'],
    ['/stats/..\\run', 'malformed'],
    ['/\\evil.example', 'malformed'],
    ['/logs/%00', 'malformed'],
    ['/logs/%ff', 'malformed'],
    ['/logs/%', 'malformed'],
    ['/logs/%zz', 'malformed'],
    ['/pods#/../x', 'malformed'],
    ['/pods?x#y', 'malformed'],
    ['/é', 'malformed'],
    ['/a b', 'malformed'],
    ['', 'malformed'],
    ['*', 'malformed'],
    ['node:443', 'malformed'],
    ['http://[', 'malformed'],
    ['http://node', 'malformed'],
    ['file:///pods', 'malformed'],
  ])('%s', (target, expected) => expect(found(target)).toEqual(expected));

  it('a redirect leads to a path of this server that is clean', () => {
    const part = fc.constantFrom('..', '.', '', 'pods', 'a', 'evil.example', '%41', '@', ':80');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const parsed = parseRequestTarget(`/${parts.join('/')}?q`);
        if (parsed.type !== 'unclean') return;
        expect(parsed.location).toMatch(/^\/(?!\/)/);
        expect(parseRequestTarget(parsed.location).type).toBe('path');
      }),
    );
  });

  it('what is looked up holds no dot segment however it is decoded', () => {
    const part = fc.constantFrom('..', '.', '', '/', '\\', '%2e', '%2E', '%2f', '%5c', '%252e', 'a', '%00', ';');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        const parsed = parseRequestTarget(`/${parts.join('')}`);
        if (parsed.type !== 'path') return;
        const decoded = decodeURIComponent(parsed.segments.join('/'));
        expect(decoded.split(/[/\\]/).filter((segment) => segment === '.' || segment === '..')).toEqual([]);
      }),
    );
  });
});
