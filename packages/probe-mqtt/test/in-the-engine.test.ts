import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { customProbes, runProbes } from '@solo-kubelet/probe-engine';
import { createPluginHost } from '@solo-kubelet/probe-engine/plugin';
import { probeTarget } from '@solo-kubelet/probe-engine/testing';
import { build } from 'esbuild';
import { generate } from 'mqtt-packet';
import { BehaviorSubject, filter, firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';

it('runs in its own thread under the engine, as an annotation asks', async () => {
  const root = await mkdtemp(join(tmpdir(), 'probe-mqtt-'));
  const broker = createServer((socket) =>
    socket.once('data', () => socket.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }))).on('error', () => {}),
  );
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  const { port } = broker.address() as AddressInfo;
  try {
    const outfile = join(root, 'probe-mqtt.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['@solo-kubelet/source'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    await using plugins = await createPluginHost({ packages: [outfile], resolveFrom: root });
    expect(plugins.failures).toEqual([]);
    const { probes } = customProbes({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'broker',
        namespace: 'default',
        uid: 'u',
        annotations: { 'probes.solo-kubelet.dev/mqtt.readiness': JSON.stringify({ mqtt: { port }, periodSeconds: 1 }) },
      },
      spec: { containers: [{ name: 'mqtt', image: 'x' }] },
    });
    const target$ = new BehaviorSubject([probeTarget(probes[0])]);
    const report$ = target$.pipe(
      runProbes({ handlers: plugins.handlers }),
      filter((report) => report.type === 'probeResult'),
    );
    expect(await firstValueFrom(report$)).toMatchObject({ probeResult: { containerName: 'mqtt', kind: 'readiness', result: 'success' } });
  } finally {
    broker.close();
    await rm(root, { recursive: true, force: true });
  }
}, 20_000);
