import { describe, expect, it } from 'vitest';
import { JsonPathError, parseJsonPath } from './json-path.js';

const data = {
  kind: 'PodList',
  items: [
    { metadata: { name: 'web', labels: { 'app.kubernetes.io/name': 'nginx' } }, status: { phase: 'Running', restarts: 3 } },
    { metadata: { name: 'db', labels: {} }, status: { phase: 'Pending', restarts: 0 } },
  ],
};

describe('parseJsonPath', () => {
  it.each([
    ['{.kind}', 'PodList'],
    ['.kind', 'PodList'],
    ['kind', 'PodList'],
    ['{.items[*].metadata.name}', 'web db'],
    ['{.items[0].metadata.name}', 'web'],
    ['{.items[-1].metadata.name}', 'db'],
    ['{.items[-1:].metadata.name}', 'db'],
    ['{.items[0:1].metadata.name}', 'web'],
    ['{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}', 'web\tRunning\ndb\tPending\n'],
    ['{.items[?(@.status.phase=="Running")].metadata.name}', 'web'],
    ['{.items[?(@.status.restarts>1)].metadata.name}', 'web'],
    ["{.items[0].metadata.labels['app.kubernetes.io/name']}", 'nginx'],
    ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'nginx'],
    ['{..name}', 'web db'],
    ["{.items[*]['metadata.name', 'status.phase']}", ''],
    ['{.items[*].metadata.labels}', '{"app.kubernetes.io/name":"nginx"} {}'],
    ['phases: {.items[*].status.phase}!', 'phases: Running Pending!'],
    ['{.missing}', ''],
  ])('%s prints %j', (template, expected) => {
    expect(parseJsonPath(template)(data)).toBe(expected);
  });

  it.each(['{.items', '{range .items[*]}{.a}', '{end}', '{.items[0}', '{"open}'])('%s is refused', (template) => {
    expect(() => parseJsonPath(template)).toThrow(JsonPathError);
  });
});
