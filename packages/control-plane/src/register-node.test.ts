import { type ApiRequest, ClusterError } from '@solo-kubelet/cluster-client';
import { virtualTime } from '@solo-kubelet/reconciler/testing';
import { Subject } from 'rxjs';
import { expect, it } from 'vitest';
import type { NodeObject } from './core/node-patch.js';
import { registerNode } from './register-node.js';

const node = (version: number, cpu: string): NodeObject => ({
  metadata: { name: 'n', uid: 'u', resourceVersion: String(version) },
  status: { capacity: { cpu }, conditions: [] },
});

/** A server that takes every patch, and a watch of it that comes as far when it is told to. */
const running = () => {
  const time = virtualTime();
  const asked: string[] = [];
  let kept = node(1, '1');
  let heard: NodeObject | undefined;
  let cpu = '1';
  let away = false;
  const failures: number[] = [];
  const request = (async ({ method }: ApiRequest) => {
    asked.push(method);
    if (away) throw new ClusterError({ code: 'CLUSTER_UNREACHABLE', message: 'away', retryable: true });
    if (method === 'PATCH') kept = node(Number(kept.metadata.resourceVersion) + 1, cpu);
    return kept;
  }) as Parameters<typeof registerNode>[0]['api']['request'];
  const changed$ = new Subject<void>();
  const options = { api: { request }, describe: async () => node(0, cpu), changed$, held: () => heard, scheduler: time.scheduler };
  const subscription = registerNode({ ...options, random: () => 0.5, onFailures: (inARow) => failures.push(inARow) }).subscribe();
  return {
    time,
    asked,
    failures,
    goAway: (value: boolean) => {
      away = value;
    },
    hear: () => {
      heard = kept;
    },
    change: (value: string) => {
      cpu = value;
      changed$.next();
    },
    end: () => subscription.unsubscribe(),
  };
};

it('compares with what the watch has told, and asks only while that is older than the last answer', async () => {
  const { time, asked, hear, change, end } = running();
  await time.advance(0);
  // Made, read, and told for the first time.
  expect(asked.splice(0)).toEqual(['POST', 'GET', 'PATCH']);
  await time.advance(15_000);
  expect(new Set(asked.splice(0))).toEqual(new Set(['GET']));
  hear();
  await time.advance(200_000);
  expect(asked.splice(0)).toEqual([]);
  change('2');
  await time.advance(100);
  expect(asked.splice(0)).toEqual(['PATCH']);
  await time.advance(15_000);
  expect(asked.splice(0)).toEqual(['GET']);
  hear();
  await time.advance(100_000);
  expect(asked.splice(0)).toEqual([]);
  // A sign of life, after 300 s and what chance adds to it once.
  await time.advance(300_000);
  expect(asked).toContain('PATCH');
  end();
});

it('takes what the watch has told for no answer: failures are counted on until the server gives one', async () => {
  const { time, asked, failures, hear, change, goAway, end } = running();
  await time.advance(0);
  hear();
  goAway(true);
  change('2');
  await time.advance(25_000);
  expect(new Set(asked.slice(3))).toEqual(new Set(['PATCH']));
  expect(failures).toEqual([1, 2, 3, 4]);
  // It is as the server knows it again: nobody asks, and nobody says that the server is there.
  change('1');
  await time.advance(25_000);
  expect(failures).toEqual([1, 2, 3, 4]);
  goAway(false);
  change('2');
  await time.advance(0);
  expect(failures).toEqual([1, 2, 3, 4, 0]);
  end();
});
