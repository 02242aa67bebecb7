import type { Ingress } from '@solo-kubelet/object-spec';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { computeRouteTable } from './compute-route-table.js';
import { haproxyFiles } from './haproxy-files.js';
import { assignSlots, slotCommands } from './server-slots.js';

const filesOf = (ingress: Ingress) => {
  const { table } = computeRouteTable({
    ingresses: [ingress],
    classes: [],
    services: [],
    slices: [],
    secrets: [],
    checkCertificate: () => undefined,
  });
  const certificates = table.certificates.map(({ hosts }, index) => ({ file: `c${index}.pem`, hosts }));
  return haproxyFiles(table, new Map(), { ...OPTIONS, certificates });
};
const OPTIONS = {
  directory: '/run/x',
  runtimeSocket: '/run/x/r',
  authAddress: 'abns@x',
  generation: 1,
  addresses: ['0.0.0.0'],
  httpPort: 80,
  httpsPort: 443,
};

it('no text of a manifest becomes a line of the configuration', () => {
  const hostile = fc.oneof(
    fc.string({ maxLength: 40, unit: 'binary' }),
    fc.constantFrom(
      'a\n    bind :1',
      'x # y',
      '"; }',
      '%[src]',
      '$(HOME)',
      "'",
      '\\',
      'foo.com bar',
      '/a b',
      '/a\tb',
      '\r\nlua-load /x',
      '|a1|',
      '*',
    ),
  );
  const mixed = fc.tuple(hostile, hostile).map(([a, b]) => `${a}INJECTED${b}`);
  fc.assert(
    fc.property(
      mixed,
      mixed.map((text) => `/${text}`),
      mixed,
      mixed,
      (host, path, name, url) => {
        const files = filesOf({
          metadata: {
            name,
            namespace: name,
            annotations: {
              'nginx.ingress.kubernetes.io/auth-url': `http://x/${url}`,
              'nginx.ingress.kubernetes.io/auth-signin': url,
              'nginx.ingress.kubernetes.io/auth-response-headers': url,
            },
          },
          spec: {
            tls: [{ hosts: [host] }],
            rules: [
              { host, http: { paths: [{ path, pathType: 'Prefix', backend: { service: { name: 'web', port: { name } } } }] } },
              {
                host: 'good.example',
                http: { paths: [{ path, pathType: 'Exact', backend: { service: { name, port: { number: 80 } } } }] },
              },
            ],
          },
        });
        const configuration = files.get('haproxy.cfg') ?? '';
        const allowed = /^(backend [A-Za-z0-9_.-]+|)$/;
        for (const line of configuration.split('\n')) if (line.includes('INJECTED')) expect(line).toMatch(allowed);
        // A table has one key and one value a line, and a line is one entry.
        for (const [file, text] of files) {
          if (!file.endsWith('.map')) continue;
          for (const line of text.split('\n').slice(0, -1)) expect(line).toMatch(/^[^ \t\r\n\0#][^ \t\r\n\0]* [^\r\n\0]+$/);
        }
        for (const line of (files.get('crt-list-443') ?? '').split('\n')) expect(line).toMatch(/^(\/run\/x\/c\d+\.pem( [a-z0-9*.-]+)*|)$/);
      },
    ),
    { numRuns: 3_000 },
  );
});

it('no text of a Gateway or an HTTPRoute does, also of objects that nobody has checked', () => {
  const hostile = fc
    .tuple(
      fc.string({ maxLength: 30, unit: 'binary' }),
      fc.constantFrom('\n    bind :1 ', ' # ', '"', "'", '\\', '%[src]', '$(HOME)', ' ', '|', '{', '/', ''),
    )
    .map(([a, b]) => `${b}INJECTED${a}`);
  fc.assert(
    fc.property(hostile, hostile, hostile, (one, two, three) => {
      const metadata = { name: 'edge', namespace: 'shop' };
      const value = [
        { name: 'x-good', value: one },
        { name: two, value: three },
      ];
      const rule = (filters: readonly object[], match: object = {}) => ({
        matches: [{ path: { type: 'PathPrefix', value: `/${one}` } }, match],
        filters,
        backendRefs: [
          { name: three, port: 80 },
          { name: 'web', port: 80 },
        ],
      });
      const rules = [
        rule([{ type: 'URLRewrite', urlRewrite: { hostname: one, path: { type: 'ReplaceFullPath', replaceFullPath: `/${two}` } } }]),
        rule([{ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplaceFullPath', replaceFullPath: `/${two}` } } }]),
        rule([{ type: 'RequestRedirect', requestRedirect: { scheme: one, hostname: two, port: three, statusCode: one } }]),
        rule([{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: value, remove: [two] } }]),
        rule([{ type: 'RequestHeaderModifier', requestHeaderModifier: { add: [{ name: 'x-good', value: one }] } }]),
        rule([], { method: one }),
        rule([], { headers: value, queryParams: value }),
        rule([], { headers: [{ name: 'x-good', value: one }], queryParams: [{ name: 'q', value: one }] }),
      ];
      const listener = (name: string, hostname?: string) => ({
        name,
        port: 80,
        protocol: 'HTTP',
        ...(hostname !== undefined && { hostname }),
      });
      const { table } = computeRouteTable({
        ingresses: [],
        classes: [],
        services: [{ metadata: { name: 'web', namespace: 'shop' }, spec: { ports: [{ port: 80 }] } }],
        slices: [],
        secrets: [],
        checkCertificate: () => undefined,
        gateways: {
          classes: [{ metadata: { name: 'solo' }, spec: { controllerName: 'solo-kubelet.dev/gateway' } }],
          gateways: [
            { metadata, spec: { gatewayClassName: 'solo', listeners: [listener('a'), listener(two, one), listener('c', 'good.example')] } },
          ],
          routes: [
            { metadata, spec: { parentRefs: [{ name: 'edge' }], rules: rules as never } },
            {
              metadata: { ...metadata, name: 'hosts' },
              spec: { parentRefs: [{ name: 'edge' }], hostnames: [one], rules: [{ matches: [{}] }] },
            },
          ],
          grants: [],
          namespaces: [],
          ingressPorts: { httpPort: 80, httpsPort: 443 },
        },
      });
      const files = haproxyFiles(table, new Map(), { ...OPTIONS, certificates: [] });
      expect(files.get('haproxy.cfg')).toContain('http-request');
      // A name of a header may stand where names of headers stand.
      const allowed =
        /^ {4}http-request (?:(?:set|add)-header NAME %\[str\(v\d+\),map|del-header NAME if )|(?<=^ {4}http-request set-var\(txn\.(?:rule|part)\) str\([a-z\d-]+\) if .*)\{ (?:req\.fhdr|urlp)\(NAME\),/g;
      for (const line of (files.get('haproxy.cfg') ?? '').split('\n').filter((each) => each.includes('INJECTED')))
        expect(line.replaceAll(/(?:[A-Za-z0-9][\w-]*)?INJECTED[\w-]*/g, 'NAME').replaceAll(allowed, '')).not.toContain('NAME');
      for (const line of (files.get('values.map') ?? '').split('\n').slice(0, -1)) expect(line).toMatch(/^v\d+ [^\r\n\0]+$/);
    }),
    { numRuns: 1_000 },
  );
});

const at = (n: number) => ({ address: `10.0.0.${n}`, port: 80 });

it('a server keeps its place for as long as it is there', () => {
  const before = assignSlots([], [at(1), at(2), at(3)]);
  expect(before).toEqual([at(1), at(2), at(3), undefined]);
  const after = assignSlots(before, [at(2), at(4), at(5)]);
  expect(after).toEqual([at(4), at(2), at(5), undefined]);
  expect(slotCommands('b', before, after)).toEqual([
    'set server b/s1 addr 10.0.0.4 port 80',
    'set server b/s1 state ready',
    'set server b/s3 addr 10.0.0.5 port 80',
    'set server b/s3 state ready',
  ]);
  expect(slotCommands('b', after, assignSlots(after, [at(2)]))).toEqual(['set server b/s1 state maint', 'set server b/s3 state maint']);
  expect(assignSlots(after, [1, 2, 3, 4, 5].map(at))).toHaveLength(8);
});
