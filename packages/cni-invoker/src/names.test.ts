import { expect, it } from 'vitest';
import { formatCniArgs, parseCniArgs } from './cni-args.js';
import { compareVersions } from './cni-version.js';
import { ifNameFault, nameFault } from './names.js';

it.each(['a', '0', 'dbnet', 'a.b_c-d', 'A'.repeat(300)])('%s names a network or container', (text) =>
  expect(nameFault(text)).toBeUndefined(),
);
it.each(['', '-a', '.a', '_a', 'a/b', 'a b', 'ä', 'a\n'])('%j names neither', (text) =>
  expect(nameFault(text)).toEqual(expect.any(String)),
);
it.each(['eth0', 'a', 'fifteencharacte', 'a.1', '-x', 'ä'])('%s names an interface', (text) => expect(ifNameFault(text)).toBeUndefined());
it.each(['', '.', '..', 'sixteencharacter', 'a/b', 'a:1', 'a b', 'a\t'])('%j names no interface', (text) =>
  expect(ifNameFault(text)).toEqual(expect.any(String)),
);

it('CNI_ARGS go there and back', () => {
  const args = [
    ['IgnoreUnknown', '1'],
    ['K8S_POD_NAME', 'a=b'],
    ['EMPTY', ''],
  ] as const;
  expect(formatCniArgs(args)).toBe('IgnoreUnknown=1;K8S_POD_NAME=a=b;EMPTY=');
  expect(parseCniArgs(formatCniArgs(args))).toEqual(args);
  expect(parseCniArgs('')).toEqual([]);
});

it.each(['a', '=b', 'a=b;', 'a=b;;c=d'])('%j is refused as CNI_ARGS', (text) => expect(() => parseCniArgs(text)).toThrow(/KEY=VALUE/));
it.each([[['a;b', 'c']], [['a=b', 'c']], [['', 'c']], [['a', 'b;c']]] as const)('argument %j can not be carried', (arg) =>
  expect(() => formatCniArgs([arg])).toThrow(expect.objectContaining({ code: 'CNI_INVALID_ARGUMENT' })),
);

it('versions compare by number', () => {
  expect(['1.0.0', '0.10.0', '0.4', '1.1.0', '0.3.1'].sort(compareVersions)).toEqual(['0.3.1', '0.4', '0.10.0', '1.0.0', '1.1.0']);
});
