import { describe, expect, it } from 'vitest';
import { messagesOf, podWith } from './sound-pod.js';

const owner = { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u', controller: true };

describe('the metadata of a Pod', () => {
  it.each([
    [{ name: '' }, ['metadata.name: Required value: name or generateName is required']],
    [{ namespace: '' }, ['metadata.namespace: Required value']],
    [{ namespace: 'a.b' }, ['metadata.namespace: Invalid value: "a.b": must not contain dots']],
    [{ generateName: 'web-' }, []],
    [{ generation: -1 }, ['metadata.generation: Invalid value: -1: must be greater than or equal to 0']],
    [{ annotations: { 'EXAMPLE.com/A': 'any\nthing' } }, []],
    [{ annotations: { a: 'x'.repeat(262_144) } }, ['metadata.annotations: Too long: may not be more than 262144 bytes']],
    [{ annotations: { a: 'x'.repeat(262_143) } }, []],
    [{ finalizers: ['kubernetes', 'example.com/f'] }, []],
    [
      { finalizers: ['mine'] },
      ['metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified'],
    ],
    [
      { finalizers: ['orphan', 'foregroundDeletion'] },
      ['metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set'],
    ],
    [{ ownerReferences: [owner] }, []],
    [
      { ownerReferences: [{ ...owner, apiVersion: 'a/', kind: '' }] },
      [
        'metadata.ownerReferences.apiVersion: Invalid value: "a/": version must not be empty',
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
      ],
    ],
    [{ managedFields: [{ operation: 'Apply', fieldsType: 'FieldsV1', manager: 'é' }] }, []],
    [
      { managedFields: [{ operation: 'Patch', fieldsType: 'X' }] },
      [
        'metadata.managedFields[0].operation: Invalid value: "Patch": must be `Apply` or `Update`',
        'metadata.managedFields[0].fieldsType: Invalid value: "X": must be `FieldsV1`',
      ],
    ],
    [
      { managedFields: [{ operation: 'Apply', manager: 'é\u0001' }] },
      ['metadata.managedFields[0].manager: Invalid value: "é\\x01": invalid character U+0001 (at position 2)'],
    ],
  ])('%j', (metadata, messages) => expect(messagesOf(podWith({}, metadata))).toEqual(messages));

  it('tells of each controller after the first', () =>
    expect(messagesOf(podWith({}, { ownerReferences: [owner, owner, owner] }))).toHaveLength(2));
});

describe('the annotations that Kubernetes reads', () => {
  const tolerations = 'scheduler.alpha.kubernetes.io/tolerations';
  const cost = 'controller.kubernetes.io/pod-deletion-cost';
  const seccomp = 'seccomp.security.alpha.kubernetes.io/pod';
  const appArmor = 'container.apparmor.security.beta.kubernetes.io/';
  it.each([
    [cost, '-7', []],
    [cost, '007', [`metadata.annotations[${cost}]: Invalid value: "007": must be a 32bit integer`]],
    [cost, '2147483648', [`metadata.annotations[${cost}]: Invalid value: "2147483648": must be a 32bit integer`]],
    [tolerations, '[{"KEY":"a","operator":"Exists"}]', []],
    [
      tolerations,
      '{}',
      [`metadata.annotations: Invalid value: "${tolerations}": json: cannot unmarshal object into Go value of type []core.Toleration`],
    ],
    [
      tolerations,
      '[{"effect":1}]',
      [
        `metadata.annotations: Invalid value: "${tolerations}": json: cannot unmarshal number into Go struct field Toleration.Effect of type core.TaintEffect`,
      ],
    ],
    [
      tolerations,
      '[{"key":"a","effect":"X"}]',
      [
        `metadata.annotations.${tolerations}[0].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`,
      ],
    ],
    [seccomp, 'localhost/a/b', []],
    [seccomp, 'localhost//a', [`metadata.annotations.${seccomp}: Invalid value: "/a": must be a relative path`]],
    [seccomp, 'x', [`metadata.annotations.${seccomp}: Invalid value: "x": must be a valid seccomp profile`]],
    [`${appArmor}app`, 'localhost/p', []],
    [
      `${appArmor}b`,
      'p',
      [
        `metadata.annotations[${appArmor}b]: Invalid value: "b": container not found`,
        `metadata.annotations[${appArmor}b]: Invalid value: "p": invalid AppArmor profile name: "p"`,
      ],
    ],
  ])('%s: %s', (key, value, messages) => expect(messagesOf(podWith({}, { annotations: { [key]: value } }))).toEqual(messages));

  it.each([
    [{ [seccomp]: 'unconfined' }, { securityContext: { seccompProfile: { type: 'Unconfined' } } }, []],
    [
      { [seccomp]: 'unconfined' },
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      ['spec.securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match'],
    ],
    [
      { [seccomp]: 'localhost/a' },
      { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'b' } } },
      ['spec.securityContext.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field must match'],
    ],
    [
      { [`${appArmor}app`]: 'unconfined' },
      { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } },
      ['spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match'],
    ],
  ])('%j and %j', (annotations, spec, messages) => expect(messagesOf(podWith(spec, { annotations }))).toEqual(messages));
});
