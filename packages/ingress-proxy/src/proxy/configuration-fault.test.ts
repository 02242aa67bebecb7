import { expect, it } from 'vitest';
import { configurationFault } from './configuration-fault.js';

it('what differs each time is left out, and so is what says nothing', () => {
  const nginx = (time: string, pid: number, generation: number) =>
    `2026/12/01 09:50:${time} [emerg] ${pid}#${pid}: host not found in upstream "no.such" in /run/ingress/generation-${generation}/nginx.conf:71\nnginx: configuration file /run/ingress/generation-${generation}/nginx.conf test failed\n`;
  expect(configurationFault(nginx('33', 26_016, 7), '/run/ingress')).toBe('[emerg] host not found in upstream "no.such" in nginx.conf:71');
  expect(configurationFault(nginx('43', 30_001, 8), '/run/ingress')).toBe(configurationFault(nginx('33', 26_016, 7), '/run/ingress'));
  const haproxy = (pid: number) =>
    `[NOTICE]   (${pid}) : haproxy version is 2.6.12\n[ALERT]    (${pid}) : config : parsing [/run/ingress/generation-3/haproxy.cfg:2] : unknown keyword 'foo' in 'global' section\n[ALERT]    (${pid}) : config : Error(s) found in configuration file : /run/ingress/generation-3/haproxy.cfg\n`;
  expect(configurationFault(haproxy(12), '/run/ingress')).toBe(
    "[ALERT] config : parsing [haproxy.cfg:2] : unknown keyword 'foo' in 'global' section",
  );
});
