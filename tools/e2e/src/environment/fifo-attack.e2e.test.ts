import { imageNames } from '@solo-kubelet-tools/images';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podManifest, script } from '../kubelet/manifests.js';
import { hasPhase, isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { dropAll, STAY } from './looking.js';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node?.[Symbol.asyncDispose]());

/** As many as the process has file threads, and as many again. */
const ATTACKERS = 8;
const unprivileged = {
  runAsUser: 65_534,
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** A FIFO of the Pod's own volume stands where the termination message is read, for a container that ends again and again. */
const attacker = (name: string): object =>
  podManifest(name, {
    restartPolicy: 'Always',
    securityContext: { fsGroup: 65_534 },
    volumes: [{ name: 'shared', emptyDir: {} }],
    initContainers: [
      script('make', 'mkfifo /shared/message && ln -s /etc/shadow /shared/link', {
        securityContext: unprivileged,
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
      }),
    ],
    containers: [
      {
        name: 'app',
        image: imageNames.busybox,
        command: ['sh', '-c', 'exit 1'],
        securityContext: unprivileged,
        terminationMessagePath: '/tmp/message',
        volumeMounts: [{ name: 'shared', mountPath: '/tmp/message', subPath: 'message' }],
      },
      {
        name: 'whole',
        image: imageNames.busybox,
        command: ['sh', '-c', 'exit 1'],
        securityContext: unprivileged,
        terminationMessagePath: '/shared/link',
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
      },
    ],
  });

it('FIFOs and links of unprivileged Pods where termination messages are read hold nobody up and show nothing', async () => {
  const names = Array.from({ length: ATTACKERS }, (_, index) => `fifo-${index}`);
  await dropAll(node, names.map(attacker));
  const statuses = await Promise.all(
    names.map((name) =>
      node.pod(
        name,
        ({ status }) =>
          (status?.containerStatuses ?? []).length === 2 &&
          (status?.containerStatuses ?? []).every(({ restartCount }) => (restartCount ?? 0) > 0),
        120_000,
      ),
    ),
  );
  const messages = statuses.flatMap(({ status }) =>
    (status?.containerStatuses ?? []).map(({ lastState }) => lastState?.terminated?.message ?? ''),
  );
  expect(messages.filter((message) => /root:|daemon:/.test(message))).toEqual([]);
  // The file threads are free: manifests are read, and logs and messages of others.
  await dropAll(node, [
    podManifest('after', { containers: [script('app', STAY)] }),
    podManifest('told', { restartPolicy: 'Never', containers: [script('app', 'printf well > /dev/termination-log')] }),
  ]);
  await node.pod('after', isRunning, 30_000);
  const told = await node.pod('told', hasPhase('Succeeded'), 30_000);
  expect(told.status?.containerStatuses?.[0]?.state?.terminated?.message).toBe('well');
  // As after a restart, when everything is read anew.
  await node.restartKubelet('SIGKILL');
  await node.pod('after', isRunning, 30_000);
  for (const name of [...names, 'after', 'told']) await node.remove(`${name}.json`);
  for (const name of names) await node.gone(name, 120_000);
});
