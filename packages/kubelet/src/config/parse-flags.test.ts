import { describe, expect, it } from 'vitest';
import { parseFlags } from './parse-flags.js';

const valuesOf = (...argv: string[]) => Object.fromEntries(parseFlags(argv).values);

describe('parseFlags', () => {
  it.each([
    [['--v', '4'], { v: ['4'] }],
    [['--v=4'], { v: ['4'] }],
    [['-v4'], { v: ['4'] }],
    [['-v=4'], { v: ['4'] }],
    [['-v', '4'], { v: ['4'] }],
    [['--fail-swap-on'], { 'fail-swap-on': ['true'] }],
    [['--fail-swap-on=false'], { 'fail-swap-on': ['false'] }],
    [['--fail_swap_on=false'], { 'fail-swap-on': ['false'] }],
    [['--root-dir='], { 'root-dir': [''] }],
    [['--hostname-override', '-x'], { 'hostname-override': ['-x'] }],
    [['--config=a=b'], { config: ['a=b'] }],
    [['--cluster-dns=10.0.0.1,10.0.0.2', '--cluster-dns', '10.0.0.3'], { 'cluster-dns': ['10.0.0.1,10.0.0.2', '10.0.0.3'] }],
    [['--'], {}],
  ])('reads %j', (argv, expected) => expect(valuesOf(...argv)).toEqual(expected));

  it.each([
    [['--pod-manifest-pth=/x'], 'unknown flag: --pod-manifest-pth', 'Did you mean --pod-manifest-path?'],
    [['--quite-different-from-all-others'], 'unknown flag: --quite-different-from-all-others', undefined],
    [['-x'], 'unknown shorthand flag: "x" in -x', undefined],
    [['--config'], 'flag needs an argument: --config', undefined],
    [['--fail-swap-on', 'false'], 'unknown command "false"', undefined],
    [['start'], 'unknown command "start"', undefined],
    [['--', 'start'], 'unknown command "start"', undefined],
    [['--container-runtime=docker'], expect.stringContaining('the container runtime "docker" is not supported'), undefined],
    [['--allow-privileged=false'], expect.stringContaining('cannot be forbidden'), undefined],
  ])('refuses %j', (argv, message, hint) => {
    expect(() => parseFlags(argv)).toThrow(expect.objectContaining({ code: 'KUBELET_USAGE', message, hint }));
  });

  it('accepts each flag that means nothing any more with one warning', () => {
    const argv = ['--logtostderr=true', '--container-runtime=remote', '--allow-privileged=true', '--logtostderr'];
    expect(parseFlags(argv).warnings).toEqual([
      '--logtostderr has no effect: the flag was removed from the kubelet; records go to standard error',
      '--container-runtime has no effect: the flag was removed from the kubelet; the runtime is always remote',
      '--allow-privileged has no effect: the flag was removed from the kubelet; privileged containers are allowed',
    ]);
  });

  it.each(['constructor', 'to-string', 'valueOf', '__proto__', 'hasOwnProperty'])(
    'knows no flag by the name --%s, which every object has',
    (name) => {
      expect(() => parseFlags([`--${name}=x`])).toThrow(/unknown flag/);
    },
  );
});
