import { describe, expect, it } from 'vitest';
import { containerMessages, type Loose, messagesOf, podWith, volumeMessages } from './sound-pod.js';

const at = 'spec.volumes[0]';
const run = (cases: readonly (readonly [Loose, readonly string[]])[]): void => {
  it.each(cases)('%j', (source, messages) => expect(volumeMessages(source)).toEqual(messages.map((message) => `${at}${message}`)));
};

describe('a volume', () => {
  run([
    [{}, [': Required value: must specify a volume type']],
    [
      { emptyDir: {}, hostPath: {}, downwardAPI: {}, cephfs: {} },
      [
        '.hostPath: Forbidden: may not specify more than 1 volume type',
        '.cephFS: Forbidden: may not specify more than 1 volume type',
        '.downwarAPI: Forbidden: may not specify more than 1 volume type',
      ],
    ],
    [{ name: 'a.b', emptyDir: {} }, ['.name: Invalid value: "a.b": must not contain dots']],
  ]);
  it('has a name of its own', () =>
    expect(
      messagesOf(
        podWith({
          volumes: [
            { name: 'a', emptyDir: {} },
            { name: 'a', emptyDir: {} },
          ],
        }),
      ),
    ).toEqual(['spec.volumes[1].name: Duplicate value: "a"']));
  it('that is not sound cannot be mounted', () =>
    expect(containerMessages({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { volumes: [{ name: 'v', hostPath: {} }] })).toEqual([
      `${at}.hostPath.path: Required value`,
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ]));
});

describe('the volumes of a node', () => {
  run([
    [{ emptyDir: { sizeLimit: '-1' } }, ['.emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity']],
    [{ emptyDir: { medium: 'Anything' } }, []],
    [
      { hostPath: { path: 'rel/../x', type: 'Pipe' } },
      [
        '.hostPath.path: Invalid value: "rel/../x": must not contain \'..\'',
        '.hostPath.type: Unsupported value: "Pipe": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      ],
    ],
    [
      { gitRepo: { directory: '/x' } },
      ['.gitRepo.repository: Required value', '.gitRepo.directory: Invalid value: "/x": must be a relative path'],
    ],
    [{ image: { pullPolicy: 'X' } }, ['.image.pullPolicy: Unsupported value: "X": supported values: "Always", "IfNotPresent", "Never"']],
  ]);
});

describe('the volumes of files', () => {
  const token = (fields: Loose): Loose => ({ projected: { sources: [{ serviceAccountToken: fields }] } });
  const bundle = (fields: Loose): Loose => ({ projected: { sources: [{ clusterTrustBundle: { path: 'c', ...fields } }] } });
  const certificate = (fields: Loose): Loose => ({
    projected: { sources: [{ podCertificate: { signerName: 'example.com/s', keyType: 'ED25519', keyPath: 'k', ...fields } }] },
  });
  const NO_ACCOUNT = '.projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set';
  run([
    [
      { configMap: { name: '', defaultMode: 512, items: [{ key: 'k', path: '..data' }] } },
      [
        '.configMap.name: Required value',
        '.configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
        '.configMap.items[0].path: Invalid value: "..data": must not start with \'..\'',
      ],
    ],
    [
      { secret: { secretName: 's', items: [{ mode: -1 }] } },
      [
        '.secret.items[0].key: Required value',
        '.secret.items[0].path: Required value',
        '.secret.items[0].mode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive',
      ],
    ],
    [{ downwardAPI: { items: [{ path: 'p' }] } }, ['.downwardAPI: Required value: one of fieldRef and resourceFieldRef is required']],
    [
      { downwardAPI: { items: [{ path: 'p', resourceFieldRef: { resource: 'limits.cpu' } }] } },
      ['.downwardAPI.resourceFieldRef.containerName: Required value'],
    ],
    [{ downwardAPI: { items: [{ path: 'p', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.labels' } }] } }, []],
    [
      {
        projected: {
          sources: [
            { configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } },
            { secret: { name: 's', items: [{ key: 'k', path: 'p' }] } },
          ],
        },
      },
      ['.projected: Invalid value: "s": conflicting duplicate paths'],
    ],
    [
      { projected: { sources: [{ configMap: { name: 'c' }, secret: { name: 's' } }] } },
      ['.projected.sources[0]: Forbidden: may not specify more than 1 volume type per source'],
    ],
    [
      token({ path: 't', expirationSeconds: 599 }),
      [
        '.projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
        NO_ACCOUNT,
      ],
    ],
    [
      token({ path: '/t', expirationSeconds: 4_294_967_297 }),
      [
        '.projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
        '.projected.path: Invalid value: "/t": must be a relative path',
        NO_ACCOUNT,
      ],
    ],
    [bundle({ name: 'example.com:s:x' }), []],
    [
      bundle({ name: 'a/b:x' }),
      [
        '.projected.sources[0].clusterTrustBundle.name: Invalid value: "a/b:x": not a valid clustertrustbundlename: ClusterTrustBundle for signerName a/b must be named with prefix a:b:',
      ],
    ],
    [
      bundle({ name: ':x' }),
      [
        '.projected.sources[0].clusterTrustBundle.name: Invalid value: ":x": not a valid clustertrustbundlename: ClusterTrustBundle without signer name must not have ":" in its name',
      ],
    ],
    [
      bundle({ signerName: 'x' }),
      [
        '.projected.sources[0].clusterTrustBundle.signerName: Invalid value: "x": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
      ],
    ],
    [certificate({}), []],
    [
      certificate({ keyType: 'DSA', maxExpirationSeconds: 1 }),
      [
        '.projected.sources[0].podCertificate.keyType: Unsupported value: "DSA": supported values: "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"',
        '.projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 1: if provided, maxExpirationSeconds must be >= 3600',
      ],
    ],
    [
      certificate({ signerName: 'kubernetes.io/s', maxExpirationSeconds: 86_401 }),
      [
        '.projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 86401: if provided, maxExpirationSeconds must be <= 86400',
      ],
    ],
    [
      certificate({ userAnnotations: { 'Example.com/A': 'x', plain: 'y' } }),
      [
        '.projected.sources[0].podCertificate.userAnnotations: Invalid value: "plain": must be a domain-prefixed key (such as "acme.io/foo")',
      ],
    ],
  ]);
});

describe('the volumes of networks and clouds', () => {
  run([
    [{ nfs: { server: 's', path: 'p' } }, ['.nfs.path: Invalid value: "p": must be an absolute path']],
    [
      { iscsi: { targetPortal: 't', iqn: 'iqn.2001-04.com.example:d', lun: 256 } },
      ['.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive'],
    ],
    [
      { iscsi: { targetPortal: 't', iqn: 'x', lun: 0, chapAuthSession: true, initiatorName: 'eui.1' } },
      [
        '.iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
        '.iscsi.secretRef: Required value',
        '.iscsi.initiatorname: Invalid value: "eui.1": must be valid format',
      ],
    ],
    [
      { iscsi: { targetPortal: 't'.repeat(63), iqn: 'iqn.2001-04.com.example:d', lun: 0, initiatorName: 'naa.'.padEnd(36, '0') } },
      [
        '.name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.',
      ],
    ],
    [
      { fc: { targetWWNs: ['a'], wwids: ['b'] } },
      [
        '.fc.targetWWNs: Invalid value: ["a"]: targetWWNs and wwids can not be specified simultaneously',
        '.fc.lun: Required value: lun is required if targetWWNs is specified',
      ],
    ],
    [{ rbd: {} }, ['.rbd.monitors: Required value', '.rbd.image: Required value']],
    [{ cinder: { secretRef: {} } }, ['.cinder.volumeID: Required value', '.cinder.secretRef.name: Required value']],
    [
      { quobyte: { registry: '[::1]:80,x', volume: 'v' } },
      ['.quobyte.registry: Invalid value: "[::1]:80,x": must be a host:port pair or multiple pairs separated by commas'],
    ],
    [
      { flocker: { datasetName: 'a/b', datasetUUID: 'u' } },
      [
        '.flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified simultaneously',
        '.flocker.datasetName: Invalid value: "a/b": must not contain \'/\'',
      ],
    ],
    [
      { flexVolume: { driver: 'd', options: { 'X.Kubernetes.io/a': 'b' } } },
      ['.flexVolume.options[X.Kubernetes.io/a]: Invalid value: "X.Kubernetes.io/a": kubernetes.io and k8s.io namespaces are reserved'],
    ],
    [
      { storageos: { volumeName: 'a.b', secretRef: {} } },
      ['.storageos.volumeName: Invalid value: "a.b": must not contain dots', '.storageos.secretRef.name: Required value'],
    ],
    [{ scaleIO: {} }, ['.scaleIO.gateway: Required value', '.scaleIO.system: Required value', '.scaleIO.volumeName: Required value']],
    [
      { csi: { driver: 'D'.repeat(64), nodePublishSecretRef: {} } },
      ['.csi.driver: Too long: may not be more than 63 bytes', '.csi.nodePublishSecretRef.name: Required value'],
    ],
    [
      { gcePersistentDisk: { partition: 256 } },
      ['.persistentDisk.pdName: Required value', '.persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive'],
    ],
    [
      { azureDisk: { diskName: 'd', diskURI: 'x', kind: 'Managed', cachingMode: 'X' } },
      [
        '.azureDisk.cachingMode: Unsupported value: "X": supported values: "None", "ReadOnly", "ReadWrite"',
        '.azureDisk.diskURI: Unsupported value: "x": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"',
      ],
    ],
    [{ persistentVolumeClaim: {} }, ['.persistentVolumeClaim.claimName: Required value']],
  ]);
});

describe('the claim of an ephemeral volume', () => {
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const template = (spec: Loose, metadata?: Loose): Loose => ({
    ephemeral: { volumeClaimTemplate: { ...(metadata && { metadata }), spec: { ...claim, ...spec } } },
  });
  const spec = '.ephemeral.volumeClaimTemplate.spec';
  run([
    [template({}), []],
    [{ ephemeral: {} }, ['.ephemeral.volumeClaimTemplate: Required value']],
    [
      template({}, { name: 'x', uid: 'u', deletionGracePeriodSeconds: 0, labels: { a: 'b' } }),
      [
        '.ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set',
        '.ephemeral.volumeClaimTemplate.metadata.uID: Forbidden: cannot be set',
        '.ephemeral.volumeClaimTemplate.metadata.deletionGracePeriodSeconds: Forbidden: cannot be set',
      ],
    ],
    [
      template({ accessModes: ['ReadWriteOncePod', 'ReadWriteOnce', 'X'] }),
      [
        `${spec}.accessModes: Unsupported value: "X": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"`,
        `${spec}.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes`,
      ],
    ],
    [template({ resources: {} }), [`${spec}.resources[storage]: Required value`]],
    [
      template({ resources: { requests: { storage: '0' } } }),
      [`${spec}.resources[storage]: Invalid value: "0": must be greater than zero`],
    ],
    [
      template({ dataSource: { kind: 'X', name: 'n' } }),
      [`${spec}.dataSource: Invalid value: "X": must be 'PersistentVolumeClaim' when referencing the default apiGroup`],
    ],
    [
      template({ dataSource: { apiGroup: 'g', kind: 'X', name: 'n' }, dataSourceRef: { apiGroup: 'g', kind: 'X', name: 'm' } }),
      [`${spec}: Invalid value: {}: must match dataSourceRef`],
    ],
  ]);
  it('has the name of the Pod in it', () => {
    const [message] = messagesOf(podWith({ volumes: [{ name: 'v', ...template({}) }] }, { name: `${'a'.repeat(252)}` }));
    expect(message).toMatch(/^spec\.volumes\[0\]\.name: Invalid value: "v": PVC name "a+-v": must be no more than 253 characters$/);
  });
  it('is not to be claimed by another volume', () =>
    expect(
      messagesOf(
        podWith({
          volumes: [
            { name: 'v', ...template({}) },
            { name: 'w', persistentVolumeClaim: { claimName: 'web-node1-v' } },
          ],
        }),
      ),
    ).toEqual([
      'spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "web-node1-v": must not reference a PVC that gets created for an ephemeral volume',
    ]));
});

describe('mounts and devices', () => {
  const volumes = [
    { name: 'v', emptyDir: {} },
    { name: 'i', image: { pullPolicy: 'Always' } },
    { name: 'c', persistentVolumeClaim: { claimName: 'c' } },
  ];
  const mounts = 'spec.containers[0].volumeMounts';
  it.each([
    [{ volumeMounts: [{ name: 'v', mountPath: 'rel' }] }, []],
    [
      {
        volumeMounts: [
          { name: 'v', mountPath: '/a' },
          { name: 'i', mountPath: '/a', subPath: 's' },
        ],
      },
      [`${mounts}[1].mountPath: Invalid value: "/a": must be unique`],
    ],
    [
      { volumeMounts: [{ name: 'v', mountPath: '/a', subPath: '/s', subPathExpr: '..' }] },
      [
        `${mounts}.subPath: Invalid value: "/s": must be a relative path`,
        `${mounts}[0].subPathExpr: Invalid value: "..": subPathExpr and subPath are mutually exclusive`,
        `${mounts}.subPathExpr: Invalid value: "..": must not contain '..'`,
      ],
    ],
    [
      { volumeMounts: [{ name: 'v', mountPath: '/a', mountPropagation: 'Bidirectional' }] },
      [`${mounts}.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`],
    ],
    [{ volumeMounts: [{ name: 'v', mountPath: '/a', mountPropagation: 'Bidirectional' }], securityContext: { privileged: true } }, []],
    [
      { volumeMounts: [{ name: 'v', mountPath: '/a', recursiveReadOnly: 'Enabled', mountPropagation: 'HostToContainer' }] },
      [
        `${mounts}.recursiveReadOnly: Forbidden: may only be specified when readOnly is true`,
        `${mounts}.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified`,
      ],
    ],
    [{ volumeDevices: [{ name: 'c', devicePath: '/dev/x' }] }, []],
    [
      { volumeDevices: [{ name: 'v', devicePath: '/../x' }] },
      [
        'spec.containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
        'spec.containers[0].volumeDevices[0].devicePath: Invalid value: "/../x": can not contain backsteps (\'..\')',
      ],
    ],
    [
      { volumeDevices: [{ name: 'c', devicePath: '/x' }], volumeMounts: [{ name: 'c', mountPath: '/x' }] },
      [
        `${mounts}[0].name: Invalid value: "c": must not already exist in volumeDevices`,
        `${mounts}[0].mountPath: Invalid value: "/x": must not already exist as a path in volumeDevices`,
        'spec.containers[0].volumeDevices[0].name: Invalid value: "c": must not already exist in volumeMounts',
        'spec.containers[0].volumeDevices[0].devicePath: Invalid value: "/x": must not already exist as a path in volumeMounts',
      ],
    ],
  ])('%j', (fields, messages) => expect(containerMessages(fields, { volumes })).toEqual(messages));
});
