import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { lacksCrio, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { podManifest, SLEEP, script } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';

/** With why there is none on this machine. */
const RUNTIMES = [
  { runtime: 'containerd', lacking: undefined },
  { runtime: 'cri-o', lacking: lacksCrio() },
] as const;

for (const { runtime, lacking } of RUNTIMES) {
  describe.skipIf(lacking !== undefined)(`exec on ${runtime}${lacking === undefined ? '' : `: ${lacking}`}`, () => {
    let node: TestNode;

    beforeAll(async () => {
      node = await startNode({}, { runtime });
      await node.drop('app.json', JSON.stringify(podManifest('app', { containers: [script('app', SLEEP)] })));
      await node.pod('app', isRunning, 120_000);
    });
    afterAll(async () => {
      if (node === undefined) return;
      await node[Symbol.asyncDispose]();
      expect(await node.bed.leaks()).toEqual([]);
    });

    /** A client of exec, as kubectl is one, whose command runs; it reads only if told to. */
    const execClient = async (command: readonly string[], { tty = false, reads = true } = {}): Promise<Socket> => {
      const query = [...command.map((each) => `command=${encodeURIComponent(each)}`), 'input=1', 'output=1', `tty=${tty ? 1 : 0}`].join(
        '&',
      );
      const socket = connect({ path: join(node.bed.directory, 'kubelet.sock') });
      const headers = [
        `GET /exec/default/app-node1/app?${query} HTTP/1.1`,
        'Host: localhost',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        'Sec-WebSocket-Protocol: v4.channel.k8s.io',
      ];
      socket.on('error', () => {}).write(`${headers.join('\r\n')}\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /);
      if (reads) socket.resume();
      else socket.pause();
      return socket;
    };

    /** Command lines in the container, those of this look apart. */
    const commands = async (): Promise<readonly string[]> =>
      (await node.exec('app', 'for each in /proc/[0-9]*; do tr "\\0" " " < $each/cmdline; echo; done'))
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.includes('cmdline'));
    const count = async (command: string): Promise<number> => (await commands()).filter((each) => each === command).length;
    const untilThereAre = (command: string, wanted: number) =>
      waitFor(async () => (await count(command)) === wanted, { what: `${wanted} × ${command}`, timeoutMs: 30_000 });

    it('the shell of a terminal that was closed ends, as that of ssh does', async () => {
      const client = await execClient(['sh'], { tty: true });
      await untilThereAre('sh', 1);
      client.destroy();
      await untilThereAre('sh', 0);
    });

    it('a process whose client has left ends, also one that waits to be read; what ignores a hangup goes on', async () => {
      const clients = await Promise.all([
        execClient(['sleep', '1234']),
        execClient(['yes', 'never read'], { reads: false }),
        execClient(['sh', '-c', 'trap "" HUP; sleep 4321; exit 0']),
      ]);
      await untilThereAre('sleep 1234', 1);
      await untilThereAre('yes never read', 1);
      await untilThereAre('sleep 4321', 1);
      for (const client of clients) client.destroy();
      await untilThereAre('sleep 1234', 0);
      await untilThereAre('yes never read', 0);
      expect(await count('sleep 4321')).toBe(1);
    });

    it('a client that runs such a process keeps it', async () => {
      const [left, stays] = await Promise.all([execClient(['sleep', '777']), execClient(['sleep', '777'])]);
      await untilThereAre('sleep 777', 2);
      left.destroy();
      const other = await execClient(['tail', '-f', '/dev/null']);
      await untilThereAre('tail -f /dev/null', 1);
      other.destroy();
      // By now the first client's process would have been hung up on too.
      await untilThereAre('tail -f /dev/null', 0);
      expect(await count('sleep 777')).toBe(2);
      stays.destroy();
      await untilThereAre('sleep 777', 0);
    });

    it('a kubelet that starts anew hangs up on nothing: what its clients ran goes on', async () => {
      const client = await execClient(['sleep', '555']);
      await untilThereAre('sleep 555', 1);
      await node.restartKubelet();
      await node.pod('app', isRunning, 120_000);
      const other = await execClient(['sleep', '556']);
      await untilThereAre('sleep 556', 1);
      other.destroy();
      await untilThereAre('sleep 556', 0);
      expect([client.destroyed, await count('sleep 555')]).toEqual([true, 1]);
    });
  });
}
