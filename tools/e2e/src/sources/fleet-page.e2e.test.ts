import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageNames } from '@solo-kubelet-tools/images';
import { kubeletBinary } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../api/free-port.js';
import { pageBlocks, type RanBlock, runBlock } from '../cli/page-shell.js';
import { startNode, type TestNode } from '../kubelet/node.js';

const PAGE = new URL('../../../../docs/a-fleet-in-fifteen-minutes.md', import.meta.url);
const lacking = ['nginx', 'minisign', 'curl'].filter((program) => spawnSync(program, ['-v']).error !== undefined);
/** The page's own port, in place of which the test takes a free one. */
const PORT = /127\.0\.0\.1:8080/g;

/** What a reader should see, by the first words of a block; the other blocks only have to succeed. */
const OUTPUT: Readonly<Record<string, RegExp>> = {
  'mkdir -p www': /^apiVersion: v1\nkind: Pod\n$/,
  'kubelet-cli install':
    /^source {4}site: revision \d+, signed by minisign [\s\S]*made .*box\/etc\/kubernetes\/sources\.d\/site\.yaml[\s\S]*RW/,
  'until kubelet-cli sources site;': /site +Ready +\d+ +minisign [\s\S]*version one\n$/,
  "sed -i 's/version one/version two/'": /version two\n[\s\S]*site +Ready/,
  "sed 's/version two/version evil/'": /SignatureInvalid[\s\S]*exit status 3\nversion two\n$/,
  "sed -i 's/version two/version one/'": /version one\n[\s\S]*site +Ready/,
  "sed 's/version one/version by stick/'": /signed by minisign [\s\S]*docker\.io\/library\/busybox:1\.36 sha256:/,
  'nginx -p "$PWD" -c "$PWD/nginx.conf" -s stop': /source\/site runs it: revision \d+[\s\S]*by stick\n$/,
};

describe.skipIf(lacking.length > 0)(`the page of a fleet${lacking.length === 0 ? '' : ` (needs ${lacking.join(', ')})`}`, async () => {
  const blocks = await pageBlocks(PAGE);
  let directory: string;
  let node: TestNode | undefined;
  let port = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fleet-'));
    // Started by root, nginx serves as somebody else.
    await chmod(directory, 0o755);
    [port = 0] = await freePorts(1);
    await mkdir(join(directory, 'bin'));
    await mkdir(join(directory, 'work'));
  });
  afterAll(async () => {
    const pid = Number(await readFile(join(directory, 'work/nginx.pid'), 'utf8').catch(() => ''));
    if (pid > 0) process.kill(pid);
    await node?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
    if (node !== undefined) expect(await node.bed.leaks()).toEqual([]);
  });

  /** The kubelet of the box that the page has just installed: what the page does in another terminal. */
  const startBox = async (): Promise<void> => {
    const sources = join(directory, 'work/box/etc/kubernetes/sources.d');
    node = await startNode({ flags: ['--source-dir', sources] });
    await node.bed.containerd.ctr(['images', 'tag', imageNames.busybox, 'docker.io/library/busybox:1.36']);
    const options = `--root-dir ${node.bed.rootDirectory} --runtime-endpoint ${node.bed.endpoint}`;
    // On a box of its own these are the usual places.
    await writeFile(
      join(directory, 'bin/kubelet-cli'),
      `#!/bin/sh\ncase $1 in bundle) exec ${process.execPath} ${kubeletBinary} "$@" ${options} ;; esac\nexec ${process.execPath} ${kubeletBinary} "$@"\n`,
      { mode: 0o755 },
    );
  };

  const shell = (block: string): Promise<RanBlock> =>
    runBlock(block.replaceAll(PORT, `127.0.0.1:${port}`), {
      directory: join(directory, 'work'),
      programs: join(directory, 'bin'),
      socketPath: node === undefined ? join(directory, 'none.sock') : join(node.bed.directory, 'kubelet.sock'),
      // The command that it looks into has an exit status of its own for a source that was refused.
      pipefail: false,
    });

  it('does what it says, block by block', async () => {
    await writeFile(join(directory, 'bin/kubelet-cli'), `#!/bin/sh\nexec ${process.execPath} ${kubeletBinary} "$@"\n`, { mode: 0o755 });
    expect(blocks.length).toBeGreaterThan(6);
    const seen = new Set<string>();
    for (const block of blocks) {
      if (block.startsWith('until kubelet-cli sources site;')) await startBox();
      const { status, stdout, all } = await shell(block);
      expect(status, `${block}\n${all}`).toBe(0);
      const [start, expected] = Object.entries(OUTPUT).find(([beginning]) => block.startsWith(beginning)) ?? [];
      if (start === undefined || expected === undefined) continue;
      seen.add(start);
      expect(stdout).toMatch(expected);
    }
    expect([...seen]).toEqual(Object.keys(OUTPUT));
  }, 600_000);
});
