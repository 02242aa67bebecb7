import type { X509Certificate } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { removeServices } from '@solo-kubelet/kubelet/networks';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AcmeServer, startAcmeServer } from '../../../../packages/ingress-proxy/test/acme-server.js';
import { freePorts } from '../api/free-port.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { askProxy } from './ask-proxy.js';
import { lacksIngress } from './lacks-ingress.js';
import { server, service } from './web-server.js';

const fault = await lacksIngress();
if (fault !== undefined) console.log(`acme.e2e.test.ts is skipped: ${fault}`);

const ABORTABLE = { signal: new AbortController().signal };
const [httpPort = 0, httpsPort = 0] = await freePorts(2);

const ingress = (name: string, host: string, issuer: string): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, annotations: { 'cert-manager.io/cluster-issuer': issuer } },
  spec: {
    tls: [{ hosts: [host], secretName: `${name}-tls` }],
    rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } }] } }],
  },
});

describe.skipIf(fault !== undefined)('a kubelet with an ACME server', () => {
  let ca: AcmeServer;
  let node: TestNode;
  beforeAll(async () => {
    ca = await startAcmeServer({ httpPort: () => httpPort });
    const flags = [
      ...['--service-cluster-ip-range', '10.220.0.0/20', '--service-dns-address', 'off'],
      ...['--ingress-ports', `${httpPort},${httpsPort}`, '--ingress-addresses', '127.0.0.1'],
      ...['--ingress-acme-directory', ca.directoryUrl, '--ingress-acme-email', 'ada@example.com'],
    ];
    node = await startNode({ flags });
    const caFile = join(node.bed.directory, 'acme-ca.pem');
    await writeFile(caFile, ca.ca);
    flags.push('--ingress-acme-ca-file', caFile);
    await node.restartKubelet();
  }, 300_000);
  afterAll(async () => {
    const { bed } = node;
    await node.kubelet().end();
    await removeServices({ rootDirectory: bed.rootDirectory, ...ABORTABLE });
    await node[Symbol.asyncDispose]();
    await ca[Symbol.asyncDispose]();
    expect(await bed.leaks()).toEqual([]);
  });

  const shown = (host: string): Promise<X509Certificate> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: httpsPort, servername: host, rejectUnauthorized: false }, () => {
        const certificate = socket.getPeerX509Certificate();
        socket.destroy();
        if (certificate === undefined) reject(new Error('no certificate'));
        else resolve(certificate);
      });
      socket.on('error', reject);
    });
  const untilIssued = (host: string): Promise<X509Certificate> =>
    waitFor(
      async () => {
        const certificate = await shown(host).catch(() => undefined);
        return certificate?.issuer === 'CN=issuer.test' ? certificate : undefined;
      },
      { what: `the certificate of ${host}`, timeoutMs: 90_000 },
    ).catch((cause: unknown) => {
      throw new Error(`there is none:\n${node.kubelet().log().slice(-4_000)}`, { cause });
    });

  it('an Ingress that asks for one gets a certificate, which is kept in files of root alone', async () => {
    await node.drop('web.yaml', server('web', 'web'));
    await node.drop('web-service.yaml', service('web'));
    await node.drop('shop.yaml', ingress('shop', 'shop.example', 'letsencrypt'));
    await node.pod('web', isRunning);
    const certificate = await untilIssued('shop.example');
    expect(certificate.subjectAltName).toBe('DNS:shop.example');
    await waitFor(async () => (await askProxy({ port: httpsPort, host: 'shop.example', tls: true })).status === 200 || undefined, {
      what: 'an answer',
      timeoutMs: 60_000,
    });
    const directory = join(node.bed.rootDirectory, 'acme');
    const [server_ = ''] = await readdir(directory);
    const names = await readdir(join(directory, server_));
    expect(names).toHaveLength(3); // the account, the certificate, and how many orders are left
    for (const name of names) expect((await stat(join(directory, server_, name))).mode & 0o777, name).toBe(0o600);
    expect(node.kubelet().log()).not.toMatch(/PRIVATE KEY/);
    const [token = ''] = ca.tokens();
    expect((await askProxy({ port: httpPort, host: 'shop.example', path: `/.well-known/acme-challenge/${token}` })).body).not.toContain(
      `${token}.`,
    );
  });

  it('a kubelet that starts anew asks for none again, and its proxy goes on with the one it has', async () => {
    const before = (await shown('shop.example')).fingerprint256;
    const asked = ca.asked.length;
    await node.restartKubelet('SIGKILL', async () => {
      for (let i = 0; i < 10; i += 1) expect((await shown('shop.example')).fingerprint256).toBe(before);
    });
    let isOver = false;
    const watch = async (): Promise<void> => {
      while (!isOver) expect((await shown('shop.example')).fingerprint256).toBe(before);
    };
    const watching = watch();
    await node.drop('more.yaml', ingress('more', 'more.example', 'letsencrypt'));
    await untilIssued('more.example');
    isOver = true;
    await watching;
    expect(ca.asked.slice(asked).filter((each) => each === 'finalize')).toHaveLength(1);
  });

  it('why there is none is an event of the Ingress, whose stand-in is the node’s own', async () => {
    ca.fail('order', { status: 403, type: 'rejectedIdentifier', detail: 'not this host' });
    await node.drop('late.yaml', ingress('late', 'late.example', 'letsencrypt'));
    await node.drop('other.yaml', ingress('other', 'other.example', 'vault'));
    for (const [name, text] of [
      ['late', 'rejectedIdentifier: not this host; a certificate of the node'],
      ['other', 'names "vault", this node has letsencrypt, letsencrypt-prod'],
    ] as const)
      await waitFor(
        async () =>
          (await node.api.listEvents(ABORTABLE)).find(
            ({ involvedObject, reason, message }) =>
              involvedObject?.name === name && reason === 'IngressCertificate' && message?.includes(text),
          ),
        { what: `the event of ${name}`, timeoutMs: 60_000 },
      );
    const ca_ = await readFile(join(node.bed.rootDirectory, 'api', 'ca.crt'), 'utf8');
    await waitFor(
      () =>
        askProxy({ port: httpsPort, host: 'late.example', tls: ca_ }).then(
          ({ status }) => status === 200 || undefined,
          () => undefined,
        ),
      { what: 'the stand-in', timeoutMs: 60_000 },
    );
    expect(node.kubelet().log()).toContain('A certificate could not be had; trying again later');
  });
});
