import { expect, it } from 'vitest';
import { runSystemctl, type Systemctl, startService } from './start-service.js';

const UNIT = 'solo-kubelet.service';

/** A systemd whose service is in one state until it is started. */
const systemd = (before: string, { start = 0, after = 'active' }: { readonly start?: number; readonly after?: string } = {}) => {
  const calls: string[] = [];
  let state = before;
  const systemctl: Systemctl = async (...args) => {
    calls.push(args.join(' '));
    const [verb] = args;
    if (verb === 'is-active') return { status: state === 'active' ? 0 : 3, output: state };
    if (verb === 'status') return { status: 3, output: 'Active: activating (auto-restart) (Result: exit-code)' };
    if (verb !== 'start' && verb !== 'restart') return { status: 0, output: '' };
    state = start === 0 ? after : 'activating';
    return { status: start, output: start === 0 ? '' : 'Job for solo-kubelet.service failed.' };
  };
  return { calls, systemctl };
};

it('starts a service that does not run', async () => {
  const { calls, systemctl } = systemd('inactive');
  expect(await startService(systemctl, { changed: true })).toEqual({
    done: ['done      systemctl daemon-reload', `done      systemctl enable ${UNIT}`, `started   ${UNIT}`],
    wrong: [],
    isDead: false,
  });
  expect(calls).toContain(`start ${UNIT}`);
});

it.each(['active', 'activating'])('starts an %s service anew when unit or program changed', async (before) => {
  const { calls, systemctl } = systemd(before);
  expect((await startService(systemctl, { changed: true })).done.at(-1)).toBe(
    `restarted ${UNIT} with the new unit and program; Pods ran on`,
  );
  expect(calls).toContain(`restart ${UNIT}`);
});

it('leaves a service alone that runs as it is installed', async () => {
  const { calls, systemctl } = systemd('active');
  const { done, isDead } = await startService(systemctl, { changed: false });
  expect([done.at(-1), isDead]).toEqual([`unchanged ${UNIT} runs already, with this unit and this program`, false]);
  expect(calls.filter((call) => /^(re)?start/.test(call))).toEqual([]);
});

it.each([
  ['that systemctl could not start', { start: 1 }],
  ['that was ready and is dead', { after: 'failed' }],
])('shows what systemctl says of a service %s', async (_, faults) => {
  const { isDead, wrong } = await startService(systemd('inactive', faults).systemctl, { changed: true });
  expect(isDead).toBe(true);
  expect(wrong[0]).toMatch(/^systemctl start solo-kubelet.service failed/);
  expect(wrong[1]).toContain('Result: exit-code');
});

it('says that a service is still starting, which is no failure', async () => {
  const slow: Systemctl = async (...args) => ({ status: args[0] === 'start' ? undefined : 0, output: '' });
  expect(await startService(slow, { changed: true })).toMatchObject({ isDead: false, wrong: [expect.stringContaining('still starting')] });
});

it('stops at what systemd refuses', async () => {
  const masked: Systemctl = async (...args) =>
    args[0] === 'enable' ? { status: 1, output: 'Failed to enable unit: Unit file is masked.' } : { status: 0, output: '' };
  expect(await startService(masked, { changed: true })).toMatchObject({
    isDead: true,
    wrong: ['systemctl enable failed: Failed to enable unit: Unit file is masked.'],
  });
});

it('gives what systemctl says on either output', async () => {
  expect(await runSystemctl('--no-such-option')).toMatchObject({ status: expect.any(Number), output: expect.stringMatching(/./) });
});
