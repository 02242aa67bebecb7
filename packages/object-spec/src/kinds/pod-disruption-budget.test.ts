import { describe, expect, it } from 'vitest';
import { parseObject } from '../parse/parse-object.js';
import { judgeTexts, messagesOf } from '../testing/judge-text.js';

const budget = judgeTexts('policy/v1', 'PodDisruptionBudget');
const LABEL = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';

describe('a PodDisruptionBudget', () => {
  it.each([
    ['spec: {minAvailable: 50%, selector: {}, unhealthyPodEvictionPolicy: AlwaysAllow}', []],
    ['spec: {maxUnavailable: 101%}', ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%']],
    ['spec: {minAvailable: -1}', ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0']],
    [
      'spec: {minAvailable: 1, maxUnavailable: 1}',
      [expect.stringMatching(/^spec: Invalid value: .*: minAvailable and maxUnavailable cannot be both set$/)],
    ],
    [
      'spec: {unhealthyPodEvictionPolicy: Never}',
      ['spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"'],
    ],
  ])('%s', (body, messages) => expect(messagesOf(budget.create(body))).toEqual(messages));

  it.each([
    ['beside others', `[{key: ${LABEL}, operator: Exists}, {key: a, operator: Exists}]`, [{ key: 'a', operator: 'Exists' }]],
    ['alone, where it means no Pod', `[{key: ${LABEL}, operator: Exists}]`, [{ key: LABEL, operator: 'Exists' }]],
    ['alone, where it means every Pod', `[{key: ${LABEL}, operator: DoesNotExist}]`, undefined],
  ])('drops the label of v1beta1 %s', (_where, expressions, kept) => {
    const object = budget.sound(`spec: {selector: {matchExpressions: ${expressions}}}`);
    expect('spec' in object && (object.spec as { selector?: { matchExpressions?: unknown } }).selector?.matchExpressions).toEqual(kept);
  });

  it('may have any name that is a segment of a path, and finalizers of any form', () => {
    const text = 'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: A_b, finalizers: [x]}\n';
    expect(messagesOf(parseObject(text, { path: 'a' }))).toEqual([]);
  });

  it('counts a change of its spec', () => {
    expect(budget.update('spec: {minAvailable: 1}', 'spec: {minAvailable: 2}')).toMatchObject({ object: { metadata: { generation: 2 } } });
  });
});
