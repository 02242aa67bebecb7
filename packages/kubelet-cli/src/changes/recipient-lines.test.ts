import { expect, it } from 'vitest';
import { recipientsIn, withRecipients } from './recipient-lines.js';

const [a, b] = ['age1qqqa', 'age1qqqb'];

it('puts recipients at the head of a manifest, in the place of those before', () => {
  const once = withRecipients(Buffer.from('# mine\nkind: Secret\n'), [a]);
  expect(once.toString()).toBe('# recipient: age1qqqa\n# mine\nkind: Secret\n');
  const twice = withRecipients(once, [a, b]);
  expect(twice.toString()).toBe('# recipient: age1qqqa\n# recipient: age1qqqb\n# mine\nkind: Secret\n');
  expect(recipientsIn(twice)).toEqual([a, b]);
});

it('leaves JSON alone, and finds nothing in other comments', () => {
  expect(withRecipients(Buffer.from(' {"kind": "Secret"}'), [a]).toString()).toBe(' {"kind": "Secret"}');
  expect(recipientsIn(Buffer.from('# recipients: me\nkind: Secret\n# recipient: age1qqqa\n'))).toEqual([]);
});
