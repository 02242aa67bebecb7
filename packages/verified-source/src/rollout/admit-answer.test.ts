import { describe, expect, it } from 'vitest';
import { readRevision } from '../answer/read-revision.js';
import { admitAnswer, isSelected, trialLimits } from './admit-answer.js';
import { contentOf, nodeShare } from './node-share.js';
import { readPublishedRollout } from './read-published-rollout.js';

const names = Array.from({ length: 10_000 }, (_, at) => `box-${at}`);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the share of a node', () => {
  it('is the same for ever', () => {
    expect(nodeShare('box-1', 'content')).toBeCloseTo(0.27345, 1);
    expect(nodeShare('box-1', 'content')).toBe(nodeShare('box-1', 'content'));
  });

  it('is even over nodes: chi squared of a hundred equal parts', () => {
    for (const content of ['a', 'b', contentOf(bytes('kind: Pod\n'))]) {
      const counts = new Array<number>(100).fill(0);
      for (const name of names) {
        const part = Math.floor(nodeShare(name, content) * 100);
        counts[part] = (counts[part] ?? 0) + 1;
      }
      const chi = counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
      // 99 degrees of freedom: 149 is passed by one in a thousand.
      expect(chi).toBeLessThan(149);
    }
  });

  it('is another for each content, so that it is not always the same nodes that try', () => {
    const first = new Set(names.filter((name) => nodeShare(name, 'a') < 0.05));
    const again = names.filter((name) => nodeShare(name, 'b') < 0.05 && first.has(name));
    expect(first.size).toBeGreaterThan(400);
    expect(again.length).toBeLessThan(60);
  });

  it('goes by what is asked for, not by what the revision says of it', () => {
    const pod = 'apiVersion: v1\nkind: Pod\n';
    const published = (head: string): string => {
      const read = readRevision(bytes(`${head}---\n${pod}`));
      if (!read.ok) throw new Error(read.message);
      return contentOf(read.body);
    };
    const head = (number: number, percent: number): string =>
      `apiVersion: solo-kubelet.dev/v1alpha1\nkind: SourceRevision\nspec:\n  revision: ${number}\n  rollout: { percent: ${percent} }\n`;
    expect(published(head(1, 5))).toBe(published(head(2, 100)));
    expect(published(`# note\n---\n${head(1, 5)}`)).toBe(published(head(2, 100)));
    expect(contentOf(bytes(pod))).toBe(published(head(2, 100)));
    expect(contentOf(bytes(`${pod}# more\n`))).not.toBe(contentOf(bytes(pod)));
    expect(contentOf(bytes(`\r\n \t# note\r\n--- \n${pod}`))).toBe(contentOf(bytes(pod)));
  });

  it('takes any number of lines that say nothing', () => {
    expect(contentOf(bytes(`${'\n'.repeat(10_000_000)}kind: Pod\n`))).toBe(contentOf(bytes('kind: Pod\n')));
  });
});

describe('whom a revision is for', () => {
  const node = { name: 'box-1', labels: { canary: 'true', site: 'berlin' } };
  const of = (published?: object) => isSelected({ content: 'c', ...(published && { published }) }, node);
  it.each([
    [undefined, true],
    [{}, true],
    [{ percent: 100 }, true],
    [{ percent: 0 }, false],
    [{ nodeSelector: 'canary=true' }, true],
    [{ nodeSelector: 'canary=false' }, false],
    [{ nodeSelector: 'canary=true', percent: 0 }, true],
    [{ nodeSelector: 'canary=false', percent: 100 }, true],
  ])('%j', (published, selected) => expect(of(published)).toBe(selected));

  it('more percent are the same nodes and further ones', () => {
    const taken = (percent: number) => names.filter((name) => isSelected({ content: 'c', published: { percent } }, { name, labels: {} }));
    const [few, many] = [taken(5), new Set(taken(25))];
    expect(few.every((name) => many.has(name))).toBe(true);
    expect(few.length).toBeGreaterThan(430);
    expect(few.length).toBeLessThan(570);
  });

  it('says what it waits for', () => {
    const windows = [{ schedule: '0 2 * * *', durationMs: 60_000 }];
    const terms = { content: 'c', published: { percent: 0, nodeSelector: 'a=b' } };
    expect(admitAnswer(terms, { windows }, node, 0)).toEqual({
      open: false,
      reason: 'NotSelected',
      message: 'it is for nodes with a=b and 0 % of the nodes so far',
    });
    expect(admitAnswer({ content: 'c' }, { windows }, node, 0)).toEqual({
      open: false,
      reason: 'OutsideWindow',
      message: 'no maintenance window is open; the next one begins at 1970-01-01T02:00:00Z',
      untilMs: 7_200_000,
    });
    expect(admitAnswer({ content: 'c' }, { windows }, node, 7_200_000)).toEqual({ open: true });
  });

  it('is tried where the node or the publisher asks for it', () => {
    expect(trialLimits({ content: 'c' }, undefined)).toBeUndefined();
    expect(trialLimits({ content: 'c' }, { windows: [] })).toEqual({ progressDeadlineMs: 600_000, minReadyMs: 60_000 });
    expect(trialLimits({ content: 'c', published: { minReadyMs: 5_000 } }, { windows: [], minReadyMs: 1, progressDeadlineMs: 2 })).toEqual({
      progressDeadlineMs: 2,
      minReadyMs: 5_000,
    });
  });

  it.each([
    [
      { percent: 5, nodeSelector: 'a in (b,c)', progressDeadline: '5m', minReady: '30s' },
      { percent: 5, nodeSelector: 'a in (b,c)', progressDeadlineMs: 300_000, minReadyMs: 30_000 },
    ],
    [{ percent: '5' }, /percent: want a number/],
    [{ percent: 101 }, /percent: want a number/],
    [{ nodeSelector: '' }, /nodeSelector: want a label selector/],
    [{ nodeSelector: 'a=(' }, /nodeSelector: want a label selector/],
    [{ minReady: '1s' }, /minReady: want a duration from 5s/],
    [{ progressDeadline: 600 }, /progressDeadline: want a duration/],
    [{ windows: [] }, /windows: there is no such field/],
    [[], /want a mapping/],
  ])('is read from %j', (value, want) =>
    expect(readPublishedRollout(value)).toEqual(want instanceof RegExp ? expect.stringMatching(want) : want),
  );
});
