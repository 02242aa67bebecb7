import { ClusterError } from '@solo-kubelet/cluster-client';
import { describe, expect, it } from 'vitest';
import { createReviews } from './reviews.js';

const user = { name: 'u', groups: ['g'] };

const withServer = (answer: (path: string, body: { spec: { token?: string } }) => unknown) => {
  const asked: string[] = [];
  let nowMs = 0;
  const request = async (given: { path: string; body?: unknown }): Promise<never> => {
    asked.push(JSON.stringify(given.body));
    return answer(given.path, given.body as never) as never;
  };
  const reviews = createReviews({ api: { request: request as never }, nodeName: 'n', now: () => nowMs });
  return { reviews, asked, pass: (ms: number) => (nowMs += ms) };
};

describe('createReviews', () => {
  it('knows a token for two minutes, good or bad, and asks once for those who ask together', async () => {
    const { reviews, asked, pass } = withServer((_path, { spec: { token } }) => ({
      status: { authenticated: token === 'good', user: { username: 'u', groups: ['g'] } },
    }));
    expect(await Promise.all([reviews.token('good'), reviews.token('good'), reviews.token('bad')])).toEqual([
      { name: 'u', groups: ['g', 'system:authenticated'] },
      { name: 'u', groups: ['g', 'system:authenticated'] },
      undefined,
    ]);
    await reviews.token('bad');
    expect(asked).toHaveLength(2);
    pass(120_001);
    await reviews.token('good');
    expect(asked).toHaveLength(3);
  });

  it('keeps a yes for five minutes and a no for half a one, each for its subresource', async () => {
    const { reviews, asked, pass } = withServer((_path, body) => ({ status: { allowed: JSON.stringify(body).includes('"metrics"') } }));
    expect(await reviews.access(user, 'get', 'metrics')).toBe(true);
    expect(await reviews.access(user, 'get', 'proxy')).toBe(false);
    expect(JSON.parse(asked[0]!)).toMatchObject({
      spec: {
        user: 'u',
        groups: ['g'],
        resourceAttributes: { verb: 'get', version: 'v1', resource: 'nodes', subresource: 'metrics', name: 'n' },
      },
    });
    pass(30_001);
    await reviews.access(user, 'get', 'metrics');
    await reviews.access(user, 'get', 'proxy');
    expect(asked).toHaveLength(3);
    pass(300_000);
    await reviews.access(user, 'get', 'metrics');
    expect(asked).toHaveLength(4);
  });

  it('never keeps a failure', async () => {
    let fails = true;
    const { reviews } = withServer(() => {
      if (fails) throw new ClusterError({ code: 'CLUSTER_REFUSED', message: 'm', status: 403 });
      return { status: { allowed: true } };
    });
    await expect(reviews.access(user, 'get', 'log')).rejects.toThrow('m');
    fails = false;
    expect(await reviews.access(user, 'get', 'log')).toBe(true);
  });
});
