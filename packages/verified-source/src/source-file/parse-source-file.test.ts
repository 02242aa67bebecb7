import { formatSettingsIssue } from '@solo-kubelet/manifest-source/settings';
import { describe, expect, it } from 'vitest';
import { parseSourceFile } from './parse-source-file.js';

const parse = (text: string) => parseSourceFile(text, { path: '/etc/kubernetes/sources.d/a.yaml', maxBytes: 3 << 20 });
const HEAD = 'apiVersion: solo-kubelet.dev/v1alpha1\nkind: ManifestSource\nmetadata: { name: site-a }\n';
const issuesOf = (text: string): readonly string[] => {
  const parsed = parse(text);
  return parsed.ok ? [] : parsed.issues.map((issue) => formatSettingsIssue(issue).replace('/etc/kubernetes/sources.d/', ''));
};

describe('a source file', () => {
  it('needs a name, a URL and a key, and has defaults for the rest', () => {
    expect(parse(`${HEAD}spec:\n  url: https://example.org/site.yaml\n  verification: { keys: [RWQabc] }\n`)).toEqual({
      ok: true,
      source: {
        name: 'site-a',
        url: 'https://example.org/site.yaml',
        intervalMs: 300_000,
        jitter: 0.1,
        timeoutMs: 60_000,
        maxBytes: 3 << 20,
        maxImageBytes: 16 * 2 ** 30,
        require: 'signature',
        keys: ['RWQabc'],
        keyFiles: [],
        sshNamespace: 'solo-kubelet',
        clusterScoped: true,
        priority: 0,
        labels: {},
        revisions: 'required',
        renewWithinMs: 30 * 86_400_000,
      },
    });
  });

  it('names the place of what is no YAML once', () => {
    expect(issuesOf(`${HEAD}spec:\n  url: [\n`)).toEqual([expect.stringMatching(/^a\.yaml:6:1: Flow sequence [^\n]* end with a \]$/)]);
  });

  it('names the field of an unknown time zone', () => {
    const windows = '[{ schedule: "0 2 * * *", duration: 3h, timeZone: Europe/Berlim }]';
    expect(issuesOf(`${HEAD}spec:\n  url: https://example.org/a\n  require: none\n  rollout: { windows: ${windows} }\n`)).toEqual([
      expect.stringMatching(/spec\.rollout\.windows\[0\]\.timeZone: .*Europe\/Berlin/),
    ]);
  });

  it('says everything that there is to say', () => {
    const hex = 'a'.repeat(128);
    const text = `${HEAD}spec:
  url: https://example.org/site.yaml
  interval: 1h
  jitter: 20%
  timeout: 2m
  maxBytes: 1Mi
  maxImageBytes: 4Gi
  require: hash
  verification: { hash: sha512-${hex.toUpperCase()} }
  tls: { caFile: /ca.pem, certFile: /c.pem, keyFile: /k.pem }
  headersFile: /headers
  namespaces: [site, default]
  priority: -3
  labels: { site: a }
  renewWithin: 0s
`;
    expect(parse(text)).toMatchObject({
      ok: true,
      source: {
        intervalMs: 3_600_000,
        jitter: 0.2,
        timeoutMs: 120_000,
        maxBytes: 1 << 20,
        maxImageBytes: 4 * 2 ** 30,
        require: 'hash',
        hash: { algorithm: 'sha512', hex },
        caFile: '/ca.pem',
        namespaces: ['site', 'default'],
        clusterScoped: false,
        priority: -3,
        labels: { site: 'a' },
        renewWithinMs: 0,
      },
    });
  });

  it('may name a TUF repository, by which the URL ends with the path of its target', () => {
    const tuf = (url: string, more = ''): string =>
      `${HEAD}spec:\n  url: ${url}\n  verification:\n    tuf: { rootFile: /root.json, metadataURL: https://x/metadata${more} }\n`;
    expect(parse(tuf('https://u:p@x/targets/fleet/site.yaml', ', target: fleet/site.yaml'))).toMatchObject({
      ok: true,
      source: { require: 'signature', tuf: { rootFile: '/root.json', metadataUrl: 'https://x/metadata', target: 'fleet/site.yaml' } },
    });
    expect(parse(tuf('https://x/targets/site.yaml'))).toMatchObject({ ok: true, source: { tuf: { target: 'site.yaml' } } });
    expect(issuesOf(tuf('https://x/targets/site.yaml', ', target: other.yaml'))).toEqual([
      'a.yaml:7:10: spec.verification.tuf.target: spec.url has to end with the path of the target, and "/targets/site.yaml" does not',
    ]);
    for (const target of ['../site.yaml', '/site.yaml', 'a//site.yaml', 'a/./site.yaml', 'a?b', 'a%2fb'])
      expect(issuesOf(tuf('https://x/targets/site.yaml', `, target: "${target}"`))).toEqual([
        expect.stringMatching(/^a\.yaml:7:\d+: spec\.verification\.tuf\.target: want a path such as fleet\/site\.yaml/),
      ]);
    expect(issuesOf(tuf('https://x/site.yaml?token=1'))).toEqual([expect.stringMatching(/an http or https URL without a query/)]);
    expect(issuesOf(tuf('https://x/site.yaml').replace('rootFile: /root.json, ', ''))).toEqual([
      expect.stringMatching(/rootFile: it is missing/),
    ]);
    expect(issuesOf(`${tuf('https://x/site.yaml')}    keys: [a]\n`)).toEqual([expect.stringMatching(/a TUF repository vouches alone/)]);
    expect(issuesOf(`${tuf('https://x/site.yaml')}  require: none\n`)).toEqual([expect.stringMatching(/say require: signature/)]);
  });

  it.each([
    ['', ['a.yaml:1:1: want a ManifestSource of solo-kubelet.dev/v1alpha1']],
    ['a: [', [expect.stringMatching(/^a\.yaml:1:\d+: /)]],
    [`${HEAD}spec: {}\n---\na: 1\n`, [expect.stringMatching(/one file holds one source/)]],
    [`${HEAD}spec:\n  url: ftp://x\n  require: none\n`, ['a.yaml:5:8: spec.url: want a URL of http, https, s3 or oci, or bundle:']],
    [`${HEAD}spec:\n  url: http://x\n`, [expect.stringMatching(/no key to verify by/)]],
    [
      `${HEAD}spec:\n  url: http://x\n  require: nothing\n  verification: { keys: [a] }\n`,
      ['a.yaml:6:12: spec.require: want one of signature, hash, none'],
    ],
    [
      `${HEAD}spec:\n  url: http://x\n  requires: none\n  require: none\n`,
      ['a.yaml:6:3: spec.requires: there is no such field; did you mean require?'],
    ],
    [
      `${HEAD}spec:\n  url: http://x\n  require: none\n  verification: { keys: [a] }\n`,
      [expect.stringMatching(/keys are given: say require: signature/)],
    ],
    [
      `${HEAD}spec:\n  url: http://x\n  require: hash\n  verification: { hash: sha512-abc }\n`,
      [expect.stringMatching(/^a\.yaml:7:25: spec\.verification\.hash: want sha256-HEX/), expect.anything()],
    ],
    [
      `${HEAD}spec:\n  url: http://x\n  require: none\n  interval: 1s\n`,
      [expect.stringMatching(/spec\.interval: want a duration from 5s/)],
    ],
    [
      `${HEAD}spec:\n  url: http://x\n  require: none\n  tls: { certFile: /a }\n`,
      [expect.stringMatching(/spec\.tls\.certFile: certFile and keyFile belong together/)],
    ],
    [
      `${HEAD}spec:\n  url: http://x\n  require: none\n  labels: { "a b": c }\n`,
      [expect.stringMatching(/^a\.yaml:7:13: spec\.labels\[a b\]: /)],
    ],
    [
      `${HEAD.replace('site-a', 'Site_A')}spec:\n  url: http://x\n  require: none\n`,
      [expect.stringMatching(/^a\.yaml:3:19: metadata\.name: want a name/), expect.anything()],
    ],
    [`${HEAD}spec:\n  url: s3://fleet\n  require: none\n`, [expect.stringMatching(/^a\.yaml:5:8: spec\.url: want a key/)]],
    [
      `${HEAD}spec:\n  url: s3://fleet/x\n  require: none\n  headersFile: /h\n  s3:\n    endpoint: ftp://x\n    region: "a b"\n    pathStyl: true\n    profile: x\n`,
      [
        'a.yaml:9:15: spec.s3.endpoint: want an http or https URL without a path, such as https://s3.example.org',
        'a.yaml:10:13: spec.s3.region: want a region such as eu-central-1',
        'a.yaml:11:5: spec.s3.pathStyl: there is no such field; did you mean pathStyle?',
        expect.stringMatching(/^a\.yaml:12:14: spec\.s3\.profile: /),
        expect.stringMatching(/^a\.yaml:7:16: spec\.headersFile: it is for URLs of http and https alone/),
      ],
    ],
    [
      `${HEAD}spec:\n  url: s3://fleet/x\n  require: none\n  s3: { endpoint: https://user:s3cret@host, anonymous: maybe }\n`,
      [expect.not.stringMatching(/s3cret/), expect.stringMatching(/spec\.s3\.anonymous: want true or false/)],
    ],
    [
      `${HEAD}spec:\n  url: s3://fleet/x\n  require: none\n  s3: { anonymous: true, credentialsFile: /c }\n  oci: {}\n`,
      [
        expect.stringMatching(/spec\.s3\.anonymous: credentialsFile is given/),
        expect.stringMatching(/spec\.oci: it is for URLs of oci:\/\/ alone/),
      ],
    ],
    [`${HEAD}spec:\n  url: https://x\n  require: none\n  s3: { region: x }\n`, ['a.yaml:7:7: spec.s3: it is for URLs of s3:// alone']],
    [
      `${HEAD}spec:\n  url: oci://r/site:v1\n  require: hash\n  oci: { plainHttp: true }\n`,
      [
        expect.stringMatching(/spec\.oci\.plainHttp: there is no such field; did you mean plainHTTP\?/),
        expect.stringMatching(/require: hash needs the hash \(of an artifact, a digest in its URL will do\)/),
      ],
    ],
    [
      `${HEAD}spec:\n  url: oci://r/site:v1\n  verification: { keys: [a], signatureURL: https://x/sig }\n`,
      [expect.stringMatching(/^a\.yaml:6:44: spec\.verification\.signatureURL: it is for URLs of http and https alone/)],
    ],
  ])('is refused where it is wrong: %j', (text, issues) => expect(issuesOf(text)).toEqual(issues));

  it('may name a bucket', () => {
    const s3 = '{ endpoint: "https://s3.example.org/", region: garage, pathStyle: false, credentialsFile: /c, profile: p }';
    expect(parse(`${HEAD}spec:\n  url: s3://fleet/site/\n  require: none\n  s3: ${s3}\n`)).toMatchObject({
      ok: true,
      source: {
        url: 's3://fleet/site/',
        s3: { endpoint: 'https://s3.example.org', region: 'garage', pathStyle: false, credentialsFile: '/c', profile: 'p' },
      },
    });
  });

  it('may name an artifact, whose digest is a hash', () => {
    const hex = 'a'.repeat(64);
    expect(parse(`${HEAD}spec:\n  url: oci://r/site@sha256:${hex}\n  require: hash\n  oci: { plainHTTP: true }\n`)).toMatchObject({
      ok: true,
      source: { hash: { algorithm: 'sha256', hex, of: 'artifact' }, oci: { plainHTTP: true } },
    });
    expect(parse(`${HEAD}spec:\n  url: oci://r/site:v1\n  require: hash\n  verification: { hash: sha256-${hex} }\n`)).toMatchObject({
      ok: true,
      source: { hash: { algorithm: 'sha256', hex } },
    });
  });

  it('never takes a prototype for a field', () => {
    expect(issuesOf(`${HEAD}spec:\n  url: http://x\n  require: none\n  __proto__: { a: 1 }\n  constructor: 1\n`)).toHaveLength(2);
  });
});
