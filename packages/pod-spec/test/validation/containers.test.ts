import { describe, expect, it } from 'vitest';
import { container, containerMessages, type Loose, messagesOf, podWith } from './sound-pod.js';

const at = 'spec.containers[0]';
const run = (cases: readonly [Loose, readonly string[]][]): void => {
  it.each(cases)('%j', (fields, messages) => expect(containerMessages(fields)).toEqual(messages.map((message) => `${at}.${message}`)));
};

it('has nothing against a sound Pod', () => expect(messagesOf(podWith())).toEqual([]));

describe('every container', () => {
  run([
    [{ name: '' }, ['name: Required value']],
    [{ image: '' }, ['image: Required value']],
    [{ image: ' r/a ' }, ['image: Invalid value: " r/a ": must not have leading or trailing whitespace']],
    [{ imagePullPolicy: 'Maybe' }, ['imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"']],
    [
      { terminationMessagePolicy: 'Stderr' },
      ['terminationMessagePolicy: Unsupported value: "Stderr": supported values: "File", "FallbackToLogsOnError"'],
    ],
    [
      { resizePolicy: [{ resourceName: 'gpu', restartPolicy: 'Never' }] },
      [
        'resizePolicy: Unsupported value: "gpu": supported values: "cpu", "memory"',
        'resizePolicy: Unsupported value: "Never": supported values: "NotRequired", "RestartContainer"',
      ],
    ],
    [
      { restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] },
      ['restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
    ],
    [
      { restartPolicy: 'Never', restartPolicyRules: [{}] },
      [
        'restartPolicyRules[0].action: Unsupported value: "": supported values: "Restart", "RestartAllContainers"',
        'restartPolicyRules[0].exitCodes: Required value: must be specified',
      ],
    ],
  ]);
});

describe('ports', () => {
  run([
    [
      {
        ports: [
          { containerPort: 80, protocol: 'TCP' },
          { containerPort: 80, protocol: 'TCP' },
        ],
      },
      [],
    ],
    [
      {
        ports: [
          { containerPort: 80, protocol: 'TCP', name: 'a' },
          { containerPort: 81, protocol: 'TCP', name: 'a' },
        ],
      },
      ['ports[1].name: Duplicate value: "a"'],
    ],
    [
      { ports: [{ containerPort: 65536, hostPort: -1, protocol: 'ICMP' }] },
      [
        'ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive',
        'ports[0].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive',
        'ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      ],
    ],
    [
      {
        ports: [
          { containerPort: 1, hostPort: 80, protocol: 'TCP' },
          { containerPort: 2, hostPort: 80, protocol: 'TCP' },
        ],
      },
      ['ports[1].hostPort: Duplicate value: "TCP//80"'],
    ],
  ]);
  it('must be those of the host on its network', () =>
    expect(containerMessages({ ports: [{ containerPort: 1, hostPort: 2, protocol: 'TCP' }] }, { hostNetwork: true })).toEqual([
      `${at}.ports[0].hostPort: Invalid value: 2: must match \`containerPort\` when \`hostNetwork\` is true`,
    ]));
});

describe('environment variables', () => {
  const fieldRef = (fieldPath: string): Loose => ({ env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } }] });
  const divisor = (resource: string, amount: string): Loose => ({
    env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource, divisor: amount } } }],
  });
  run([
    [{ env: [{ name: '' }] }, ['env[0].name: Required value']],
    [
      { env: [{ name: 'A', value: 'x', valueFrom: {} }] },
      [
        'env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ],
    ],
    [
      { env: [{ name: 'A', value: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] },
      ['env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    ],
    [fieldRef("metadata.labels['a']"), []],
    [
      fieldRef("metadata.annotations['A/']"),
      [
        'env[0].valueFrom.fieldRef: Invalid value: "a/": name part must be non-empty',
        "env[0].valueFrom.fieldRef: Invalid value: \"a/\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
    ],
    [
      fieldRef("spec.nodeName['a']"),
      [
        "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.nodeName['a']\": error converting fieldPath: field label does not support subscript: spec.nodeName['a']",
      ],
    ],
    [fieldRef('spec.host'), []],
    [
      fieldRef('status.phase'),
      [
        'env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
      ],
    ],
    [divisor('limits.cpu', '1m'), []],
    [divisor('limits.cpu', '0'), []],
    [divisor('limits.memory', '1Gi'), []],
    [
      divisor('limits.cpu', '2'),
      [
        'env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
      ],
    ],
    [
      divisor('limits.gpu', '1'),
      [
        'env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
      ],
    ],
    [
      { envFrom: [{ prefix: 'A=' }] },
      [
        'envFrom[0].prefix: Invalid value: "A=": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
        'envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
      ],
    ],
    [
      { envFrom: [{ configMapRef: { name: 'a-' }, secretRef: { name: '' } }] },
      ['envFrom[0].secretRef.name: Required value', 'envFrom: Invalid value: "": may not have more than one field specified at a time'],
    ],
  ]);
  it.each([
    ['cfg', []],
    ['none', [`${at}.env[0].valueFrom.fileKeyRef.volumeName: Not found: "none"`]],
    ['hp', [`${at}.env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "hp": referenced volume must be of type emptyDir`]],
  ])('from a file in volume %s', (volumeName, messages) => {
    const volumes = [
      { name: 'cfg', emptyDir: {} },
      { name: 'hp', hostPath: { path: '/x' } },
    ];
    expect(
      containerMessages({ env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName, path: 'a', key: 'K' } } }] }, { volumes }),
    ).toEqual(messages);
  });
});

describe('probes and hooks', () => {
  const exec = { command: ['x'] };
  const liveness = (fields: Loose): Loose => ({ livenessProbe: { exec, successThreshold: 1, ...fields } });
  run([
    [liveness({}), []],
    [liveness({ exec: undefined }), ['livenessProbe: Required value: must specify a handler type']],
    [liveness({ exec: {} }), ['livenessProbe.exec.command: Required value']],
    [liveness({ grpc: { port: 1 } }), ['livenessProbe.grpc: Forbidden: may not specify more than 1 handler type']],
    [
      liveness({ exec: undefined, tcpSocket: { port: '80' } }),
      ['livenessProbe.tcpSocket.port: Invalid value: "80": must contain at least one letter (a-z)'],
    ],
    [
      liveness({ exec: undefined, httpGet: { path: '/', scheme: 'FTP', httpHeaders: [{ name: 'a b' }] } }),
      [
        'livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
        "livenessProbe.httpGet.httpHeaders: Invalid value: \"a b\": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
      ],
    ],
    [
      liveness({ successThreshold: 2, periodSeconds: -1 }),
      [
        'livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0',
        'livenessProbe.successThreshold: Invalid value: 2: must be 1',
      ],
    ],
    [
      liveness({ terminationGracePeriodSeconds: 0 }),
      ['livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0'],
    ],
    [
      { readinessProbe: { exec, successThreshold: 3, terminationGracePeriodSeconds: 1 } },
      ['readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes'],
    ],
    [
      { lifecycle: { preStop: { sleep: { seconds: 31 } } } },
      ['lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)'],
    ],
    [{ lifecycle: { postStart: { sleep: { seconds: 30 } } } }, []],
    [
      { lifecycle: { stopSignal: 'SIGTERM' } },
      ['lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`'],
    ],
  ]);
  it.each([
    ['linux', 'SIGRTMAX-14', 0],
    ['linux', 'SIGRTMAX-15', 1],
    ['windows', 'SIGTERM', 0],
    ['windows', 'SIGHUP', 1],
  ])('on %s knows %s: %i error(s)', (name, stopSignal, count) =>
    expect(containerMessages({ lifecycle: { stopSignal } }, { os: { name } })).toHaveLength(count),
  );
});

describe('containers among each other', () => {
  it.each([
    [{ containers: [] }, ['spec.containers: Required value']],
    [{ containers: [container(), container()] }, ['spec.containers[1].name: Duplicate value: "app"']],
    [{ initContainers: [container()] }, ['spec.initContainers[0].name: Duplicate value: "app"']],
    [
      { initContainers: [container({ name: 'i', startupProbe: {} })] },
      ['spec.initContainers[0].startupProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
    ],
    [
      {
        initContainers: [
          container({ name: 'i', restartPolicy: 'Always', startupProbe: { exec: { command: ['x'] }, successThreshold: 1 } }),
        ],
      },
      [],
    ],
    [
      { initContainers: [container({ name: 'i', restartPolicyRules: [{}] })] },
      ['spec.initContainers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
    ],
    [
      { ephemeralContainers: [container({ name: 'e', targetContainerName: 'x', lifecycle: {}, ports: [] })] },
      [
        'spec.ephemeralContainers[0].targetContainerName: Not found: "x"',
        'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
        'spec.ephemeralContainers[0].lifecycle: Forbidden: cannot be set for an Ephemeral Container',
        'spec.ephemeralContainers: Forbidden: cannot be set on create',
      ],
    ],
  ])('%j', (spec, messages) => expect(messagesOf(podWith(spec))).toEqual(messages));

  it('tells of the ports of an init container under index 0, whichever it is', () => {
    const twice = { ports: [1, 2].map((containerPort) => ({ containerPort, hostPort: 9, protocol: 'TCP' })) };
    expect(messagesOf(podWith({ initContainers: [container({ name: 'i' }), container({ name: 'j', ...twice })] }))).toEqual([
      'spec.initContainers[0].ports[1].hostPort: Duplicate value: "TCP//9"',
    ]);
  });
});
