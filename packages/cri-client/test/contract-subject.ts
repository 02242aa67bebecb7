import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CriClient, createCriClient } from '../src/index.js';
import { type ContainerScript, createFakeCri, type ExecScript, type FakeCri } from '../src/testing/index.js';

/** Ways to live: the command that does it on a real runtime, and the script that plays it on the fake. */
export const lives = {
  /** Runs for ever; as process 1 it never sees TERM. */
  sleeps: { command: ['sleep', '3600'], script: { onStop: 'ignore' } },
  /** Ends at TERM with 143. */
  obeys: { command: ['sh', '-c', 'trap "exit 143" TERM; while :; do sleep 0.05; done'], script: {} },
  succeeds: { command: ['true'], script: { runsForMs: 5 } },
  fails: { command: ['sh', '-c', 'exit 3'], script: { runsForMs: 5, exitCode: 3 } },
  speaks: {
    command: ['sh', '-c', 'echo out; echo err >&2; sleep 3600'],
    script: {
      onStop: 'ignore',
      output: [
        { atMs: 0, text: 'out\n' },
        { atMs: 0, stream: 'stderr', text: 'err\n' },
      ],
    },
  },
  /** One line of 40,000 bytes. */
  rambles: {
    command: ['sh', '-c', 'head -c 40000 /dev/zero | tr "\\0" x; echo; sleep 3600'],
    script: { onStop: 'ignore', output: [{ atMs: 0, text: `${'x'.repeat(40_000)}\n` }] },
  },
  ticks: {
    command: ['sh', '-c', 'while :; do echo tick; sleep 0.05; done'],
    script: { onStop: 'ignore', output: Array.from({ length: 200 }, (_, n) => ({ atMs: 50 * n, text: 'tick\n' })) },
  },
} as const satisfies Record<string, { readonly command: readonly string[]; readonly script: ContainerScript }>;

export type Life = keyof typeof lives;

/** Annotation that tells the fake which script to play. */
export const LIFE = 'test/life';

const exec: ExecScript = ({ cmd }) => {
  const [name, ...words] = cmd;
  if (name === 'sleep') return { durationMs: Number(words[0]) * 1_000 };
  if (name === 'echo') return { stdout: words[0] === '-n' ? words.slice(1).join(' ') : `${words.join(' ')}\n` };
  return { stderr: `${name}: not found\n`, exitCode: 127 };
};

/** A runtime to hold to the contract. */
export interface Subject extends AsyncDisposable {
  readonly client: CriClient;
  /** Set when it is the fake. */
  readonly fake: FakeCri | undefined;
  /** An image with a shell. */
  readonly image: string;
  readonly hostNetwork: boolean;
  /** For logs. */
  readonly directory: string;
}

export const fakeSubject = async (): Promise<Subject> => {
  const directory = await mkdtemp(join(tmpdir(), 'cri-contract-'));
  const image = 'docker.io/library/busybox:1.36';
  const fake = await createFakeCri({
    images: [{ tags: [image] }],
    containers: ({ config }) => lives[config.annotations[LIFE] as Life].script,
    exec,
  });
  const client = createCriClient({ endpoint: fake.endpoint });
  return {
    client,
    fake,
    image,
    hostNetwork: false,
    directory,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await fake.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

export const realSubject = async (endpoint: string, image: string): Promise<Subject> => {
  const directory = await mkdtemp(join(tmpdir(), 'cri-contract-'));
  const client = createCriClient({ endpoint, timeoutMs: 30_000 });
  const { status } = await client.runtime.status({});
  return {
    client,
    fake: undefined,
    image,
    hostNetwork: !status?.conditions.some(({ type, status: ready }) => type === 'NetworkReady' && ready),
    directory,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
