import { describe, expect, it } from 'vitest';
import { isInLoginSession } from './own-scope.js';

describe('isInLoginSession', () => {
  it.each([
    ['v2, ssh', '0::/user.slice/user-0.slice/session-3.scope\n', true],
    ['v2, a user service', '0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n', true],
    [
      'hybrid, ssh',
      '5:memory:/user.slice\n1:name=systemd:/user.slice/user-0.slice/session-3.scope\n0::/user.slice/user-0.slice/session-3.scope\n',
      true,
    ],
    ['a service', '0::/system.slice/solo-kubelet.service\n', false],
    [
      'a controller that systemd does not delegate',
      '5:memory:/user.slice/user-0.slice\n1:name=systemd:/system.slice/cron.service\n',
      false,
    ],
    ['no systemd', '9:name=systemd:/\n0::/\n', false],
  ])('of %s', (_, text, expected) => expect(isInLoginSession(text)).toBe(expected));
});
