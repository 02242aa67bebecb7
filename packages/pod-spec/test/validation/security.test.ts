import { describe, expect, it } from 'vitest';
import { container, containerMessages, messagesOf, podWith } from './sound-pod.js';

const at = 'spec.containers[0].securityContext';

describe('the security context of a container', () => {
  it.each([
    [{ privileged: true }, []],
    [
      { runAsUser: -1, runAsGroup: 2_147_483_648 },
      [
        `${at}.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
        `${at}.runAsGroup: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive`,
      ],
    ],
    [
      { runAsUser: 9_223_372_036_854_775_807n },
      [`${at}.runAsUser: Invalid value: 9223372036854775807: must be between 0 and 2147483647, inclusive`],
    ],
    [{ procMount: 'Unmasked' }, [`${at}.procMount: Invalid value: "Unmasked": \`hostUsers\` must be false to use \`Unmasked\``]],
    [{ procMount: '' }, [`${at}.procMount: Unsupported value: "": supported values: "Default", "Unmasked"`]],
    [{ allowPrivilegeEscalation: false, capabilities: { add: ['SYS_ADMIN'] } }, []],
    [
      { allowPrivilegeEscalation: false, capabilities: { add: ['CAP_SYS_ADMIN'] } },
      [
        `${at}: Invalid value: {"allowPrivilegeEscalation":false,"capabilities":{"add":["CAP_SYS_ADMIN"]}}: cannot set \`allowPrivilegeEscalation\` to false and \`capabilities.Add\` CAP_SYS_ADMIN`,
      ],
    ],
    [{ seccompProfile: {} }, [`${at}.seccompProfile.type: Required value: type is required when seccompProfile is set`]],
    [
      { seccompProfile: { type: 'Localhost' } },
      [`${at}.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost`],
    ],
    [
      { seccompProfile: { type: 'Localhost', localhostProfile: '/a/..' } },
      [
        `${at}.seccompProfile.localhostProfile: Invalid value: "/a/..": must be a relative path`,
        `${at}.seccompProfile.localhostProfile: Invalid value: "/a/..": must not contain '..'`,
      ],
    ],
    [
      { appArmorProfile: { type: 'Localhost', localhostProfile: ' a' } },
      [`${at}.appArmorProfile.localhostProfile: Invalid value: " a": must not be padded with whitespace`],
    ],
    [
      { appArmorProfile: { type: 'Localhost', localhostProfile: 'a'.repeat(4096) } },
      [`${at}.appArmorProfile.localhostProfile: Too long: may not be more than 4095 bytes`],
    ],
    [
      { appArmorProfile: { type: 'Unconfined', localhostProfile: 'a' } },
      [`${at}.appArmorProfile.localhostProfile: Invalid value: "a": can only be set when AppArmor type is Localhost`],
    ],
    [{ windowsOptions: { runAsUserName: 'D\\u' } }, []],
    [
      { windowsOptions: { runAsUserName: '\\...' } },
      [
        `${at}.windowsOptions.runAsUserName: Invalid value: "\\\\...": runAsUserName's Domain doesn't match the NetBios nor the DNS format`,
        `${at}.windowsOptions.runAsUserName: Invalid value: "\\\\...": runAsUserName's User cannot contain only periods or spaces`,
      ],
    ],
    [
      { windowsOptions: { gmsaCredentialSpec: 'x'.repeat(65_537) } },
      [`${at}.windowsOptions.gmsaCredentialSpec: Invalid value: "${'x'.repeat(65_537)}": gmsaCredentialSpec size must be under 64 KiB`],
    ],
  ])('%#', (securityContext, messages) => expect(containerMessages({ securityContext })).toEqual(messages));
});

describe('the security context of a Pod', () => {
  const pod = 'spec.securityContext';
  it.each([
    [
      { securityContext: { fsGroup: -1, supplementalGroups: [1, -2] } },
      [
        `${pod}.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
        `${pod}.supplementalGroups[1]: Invalid value: -2: must be between 0 and 2147483647, inclusive`,
      ],
    ],
    [
      { securityContext: { fsGroupChangePolicy: 'X' } },
      [`${pod}.fsGroupChangePolicy: Unsupported value: "X": supported values: "Always", "OnRootMismatch"`],
    ],
    [
      { securityContext: { seLinuxChangePolicy: 'MountOption' } },
      [`${pod}.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: "Recursive"`],
    ],
    [
      { securityContext: { sysctls: [{ name: 'net.core.x' }, { name: 'net.core.x' }] } },
      [`${pod}.sysctls[1].name: Duplicate value: "net.core.x"`],
    ],
    [
      { hostNetwork: true, securityContext: { sysctls: [{ name: 'net/core/x' }] } },
      [`${pod}.sysctls[0].name: Invalid value: "net/core/x": may not be specified when 'hostNetwork' is true`],
    ],
    [
      { hostIPC: true, securityContext: { sysctls: [{ name: 'kernel.sem' }] } },
      [`${pod}.sysctls[0].name: Invalid value: "kernel.sem": may not be specified when 'hostIPC' is true`],
    ],
    [
      { hostPID: true, shareProcessNamespace: true },
      [`${pod}.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled`],
    ],
    [
      { hostUsers: false, hostNetwork: true, hostPID: true },
      ['spec.hostNetwork: Forbidden: when `hostUsers` is false', 'spec.HostPID: Forbidden: when `hostUsers` is false'],
    ],
  ])('%j', (spec, messages) => expect(messagesOf(podWith(spec))).toEqual(messages));
});

describe('the operating system', () => {
  const windows = { os: { name: 'windows' } };
  it.each([
    [{ os: {} }, ['spec.os.name: Required value']],
    [{ os: { name: 'plan9' } }, ['spec.os: Unsupported value: "plan9": supported values: "linux", "windows"']],
    [
      { os: { name: 'linux' }, securityContext: { windowsOptions: {} } },
      ['spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'],
    ],
    [
      { ...windows, hostUsers: true, securityContext: { sysctls: [], supplementalGroups: [] } },
      [
        'spec.hostUsers: Forbidden: cannot be set for a windows pod',
        'spec.securityContext.supplementalGroups: Forbidden: cannot be set for a windows pod',
      ],
    ],
    [
      { ...windows, containers: [container({ securityContext: { privileged: false, runAsNonRoot: true } })] },
      ['spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod'],
    ],
    [
      { ...windows, securityContext: { windowsOptions: { hostProcess: true } } },
      ['spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers'],
    ],
  ])('%j', (spec, messages) => expect(messagesOf(podWith(spec))).toEqual(messages));

  it('takes processes of the host for all containers or for none', () => {
    const containers = [true, false].map((hostProcess, i) =>
      container({ name: `c${i}`, securityContext: { windowsOptions: { hostProcess } } }),
    );
    expect(messagesOf(podWith({ hostNetwork: true, containers }))).toEqual([
      'spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers',
    ]);
  });
});
