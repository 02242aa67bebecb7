import { expect, it } from 'vitest';
import { describeChange } from './describe-change.js';

it('shows both values of a field', () => {
  expect(describeChange({ field: 'spec.restartPolicy', before: undefined, after: 'Never' })).toBe(
    '  spec.restartPolicy: <none> -> Never\n',
  );
  expect(describeChange({ field: 'spec.hostNetwork', before: true, after: false })).toBe('  spec.hostNetwork: true -> false\n');
});

it('shows of a script only the lines that differ', () => {
  const script = (version: string) => `set -e\necho ${version}\nexec app\n`;
  expect(describeChange({ field: 'args[0]', before: script('1'), after: script('2') })).toBe('  args[0]:\n    - echo 1\n    + echo 2\n');
  expect(describeChange({ field: 'args[0]', before: 'a\nb', after: 'a\nnew\nb' })).toBe('  args[0]:\n    + new\n');
});

it('does not show the value of an environment variable', () => {
  expect(describeChange({ field: 'spec.containers[a].env[PASSWORD].value', before: 'old', after: 'new' })).not.toMatch(/old|new/);
});
