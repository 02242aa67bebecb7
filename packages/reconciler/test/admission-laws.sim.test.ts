import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AdmissionMachine, anyResizedPod, checkRoom, createMachine, expectSettled } from './admission-machine.js';

const GIBIBYTE = 2 ** 30;

interface Command {
  readonly run: (machine: AdmissionMachine) => Promise<void> | void;
  [fc.toStringMethod]: () => string;
}
const command = (text: string, run: Command['run']): Command => ({ run, [fc.toStringMethod]: () => text });
const paths = ['/m/a.yaml', '/m/b.yaml', '/m/c.yaml', '/m/d.yaml', '/m/e.yaml'];

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...paths).chain((path) =>
      anyResizedPod(path).map((it) =>
        command(`apply ${it.metadata.uid} ${JSON.stringify(it.spec)}`, ({ manifests, kubelet }) => {
          manifests.set(path, it);
          kubelet.apply(it, path);
        }),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...paths).map((path) =>
      command(`remove ${path}`, ({ manifests, kubelet }) => {
        if (manifests.delete(path)) kubelet.remove(path);
      }),
    ),
  },
  { weight: 6, arbitrary: fc.constantFrom(3, 300, 3_000, 26_000).map((ms) => command(`wait ${ms}`, ({ time }) => time.advance(ms))) },
  {
    weight: 2,
    arbitrary: fc.subarray(['updateResources', 'resizePod', 'memoryUsage', 'startContainer', 'save']).map((methods) =>
      command(`failing ${methods}`, (machine) => {
        machine.failing = new Set(methods);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.subarray(['updateResources', 'resizePod']).map((methods) =>
      command(`replies are lost of ${methods}`, (machine) => {
        machine.losing = new Set(methods);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 2, 2_000).map((ms) =>
      command(`records take ${ms} ms`, (machine) => {
        machine.savesAfterMs = ms;
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 3, 30).map((gibibytes) =>
      command(`each container uses ${gibibytes} GiB`, (machine) => {
        machine.memoryBytes = gibibytes * GIBIBYTE;
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constant(command('the kubelet dies', (machine) => machine.boot())) },
);

it('never admits more than the node has, and gives every pod what its manifest asks for or says why not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCommand, { minLength: 8, maxLength: 40, size: 'max' }), async (commands) => {
      const machine = await createMachine({ relistIntervalMs: 5_000 });
      for (const { run } of commands) {
        await run(machine);
        checkRoom(machine);
        expect([...machine.broken, ...machine.runtime.violations]).toEqual([]);
      }
      machine.failing = new Set();
      machine.losing = new Set();
      machine.savesAfterMs = 0;
      await machine.time.advance(400_000);
      expect([...machine.broken, ...machine.runtime.violations]).toEqual([]);
      expect(machine.kubelet.crash).toBeUndefined();
      expectSettled(machine);
      machine.kubelet.stop();
    }),
    { numRuns: Number(process.env['SIM_RUNS'] ?? 30), endOnFailure: process.env['SIM_SHRINK'] === undefined },
  );
});
