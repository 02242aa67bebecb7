import { describe, expect, it } from 'vitest';
import { ClusterError } from './cluster-error.js';
import { parseKubeconfig } from './kubeconfig.js';

const file = (cluster: object, user: object): string =>
  JSON.stringify({
    'current-context': 'c',
    clusters: [{ name: 'k', cluster: { server: 'https://a:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  });
const failure = (text: string): unknown => {
  try {
    return parseKubeconfig(text, '/etc/k/config');
  } catch (error) {
    return ClusterError.is(error) ? error.message : error;
  }
};

describe('parseKubeconfig', () => {
  it('takes data before files, and paths as relative to its own directory', () => {
    const data = Buffer.from('PEM').toString('base64');
    const read = parseKubeconfig(
      file(
        { 'certificate-authority': 'ca.crt', 'tls-server-name': 'k8s' },
        { 'client-certificate': 'x', 'client-certificate-data': data, 'client-key': '../key.pem', tokenFile: '/run/token' },
      ),
      '/etc/k/config',
    );
    expect(read).toMatchObject({
      server: 'https://a:6443',
      tlsServerName: 'k8s',
      certificateAuthority: { type: 'file', path: '/etc/k/ca.crt' },
      clientCertificate: { certificate: { type: 'text', text: 'PEM' }, key: { type: 'file', path: '/etc/key.pem' } },
      token: { type: 'file', path: '/run/token' },
    });
  });

  it('takes a token before its file, users that act as others, and credential plugins', () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', args: ['a'], env: [{ name: 'A', value: 'b' }] };
    const read = parseKubeconfig(file({}, { token: 't', tokenFile: 'f', as: 'other', 'as-groups': ['g'], exec }), '/etc/k/config');
    expect(read.token).toEqual({ type: 'text', text: 't' });
    expect(read.impersonate).toEqual({ user: 'other', uid: '', groups: ['g'], extra: {} });
    expect(read.exec).toMatchObject({ command: '/etc/k/plugin', args: ['a'], provideClusterInfo: false });
  });

  it.each([
    ['', 'the file must be a mapping'],
    ['{a: [', 'is neither YAML nor JSON'],
    [`users:\n- ${'['.repeat(99)}`, 'it nests deeper than 100 levels: look at line 2, column 101'],
    ['? [users]\n: []', 'a key has to be a plain text: look at line 1, column 3'],
    ['{}', 'has no current-context'],
    ['{current-context: x, contexts: []}', 'contexts has no entry "x"'],
    [file({ server: 'ftp://a' }, {}), 'clusters[k].server "ftp://a" is no http or https URL'],
    [file({ 'proxy-url': 'http://p' }, {}), 'clusters[k].proxy-url is not supported'],
    [file({ 'insecure-skip-tls-verify': 'yes' }, {}), 'clusters[k].insecure-skip-tls-verify must be true or false'],
    [file({}, { token: 5 }), 'users[u].token must be a text'],
    [file({}, { 'client-key': 'k' }), 'users[u] has only one of client-certificate and client-key'],
    [file({}, { exec: { apiVersion: 'v1', command: 'c' } }), 'users[u].exec.apiVersion must be client.authentication.k8s.io/v1'],
  ])('says of %j what is wrong with it', (text, message) => {
    expect(failure(text)).toContain(`/etc/k/config: ${message}`);
  });

  it.each(['users:\n- user: {token: "hidden\n', 'users:\n  a: b\n token: hidden', 'token: *hidden', 'a: 1\n---\ntoken: hidden'])(
    'says where a text is at fault and not what stands there: %j',
    (text) => {
      expect(failure(text)).toMatch(/^\/etc\/k\/config: is neither YAML nor JSON(: look at line \d, column \d+)?$/);
    },
  );
});
