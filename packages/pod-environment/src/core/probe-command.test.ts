import { expect, it } from 'vitest';
import { expandProbeCommand } from './probe-command.js';

it('expands the commands of exec probes from literal values only', () => {
  const env = [
    { name: 'PORT', value: '80' },
    { name: 'NESTED', value: '$(PORT)' },
    { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ];
  expect(expandProbeCommand({ name: 'app', env }, ['check', '$(PORT)', '$(NESTED)', '<$(IP)>', '$(OTHER)'])).toEqual([
    'check',
    '80',
    '$(PORT)',
    '<>',
    '$(OTHER)',
  ]);
});
