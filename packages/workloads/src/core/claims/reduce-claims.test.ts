import type { PersistentVolume, StorageClass } from '@solo-kubelet/object-spec';
import type { Pod, Quantity } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { type Claim, emptyClaimRecord } from './claim.js';
import { ephemeralClaimRefusal, ephemeralClaims } from './ephemeral-claim.js';
import { exclusiveClaimRefusal } from './exclusive-claim.js';
import { type ClaimsDecision, type ClaimsQuestion, reduceClaims } from './reduce-claims.js';
import { shownClaim } from './shown-claims.js';

const claim = (name: string, spec: Partial<Claim['spec']> = {}, uid = `uid-${name}`): Claim => ({
  metadata: { name, namespace: 'default', uid },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' as Quantity } }, volumeMode: 'Filesystem', ...spec },
});
const volume = (name: string, storage: string, spec: Partial<PersistentVolume['spec']> = {}): PersistentVolume => ({
  metadata: { name },
  spec: {
    capacity: { storage: storage as Quantity },
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'disks',
    volumeMode: 'Filesystem',
    persistentVolumeReclaimPolicy: 'Retain',
    hostPath: { path: `/data/${name}` },
    ...spec,
  },
});
const disks: StorageClass = { metadata: { name: 'disks' }, provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'Immediate' };
const podWith = (claimName: string, uid = 'p1'): Pick<Pod, 'metadata' | 'spec' | 'status'> => ({
  metadata: { name: uid, namespace: 'default', uid },
  spec: { containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] } as unknown as Pod['spec'],
});

const ask = (given: Partial<ClaimsQuestion>): ClaimsDecision =>
  reduceClaims({
    claims: [],
    volumes: [],
    classes: [disks],
    pods: [],
    record: emptyClaimRecord,
    node: { volumesDirectory: '/var/lib/k/volumes', matches: () => true },
    synced: true,
    ...given,
  });
const volumeOf = (decision: ClaimsDecision, name: string): string | undefined =>
  decision.claims.get(`default/${name}`)?.volume?.metadata.name;
const told = ({ events }: ClaimsDecision): readonly string[] => events.map(({ reason, message }) => `${reason} ${message}`);
const onDisks = { storageClassName: 'disks' };

describe('a claim for volumes of documents', () => {
  it('gets the smallest one that suits', () => {
    const volumes = [
      volume('small', '500Mi'),
      volume('large', '5Gi'),
      volume('fit', '2Gi'),
      volume('rwx', '1Gi', { accessModes: ['ReadWriteMany'] }),
    ];
    expect(volumeOf(ask({ claims: [claim('a', onDisks)], volumes }), 'a')).toBe('fit');
  });

  it.each<[string, Partial<Claim['spec']>, Partial<PersistentVolume['spec']>, string]>([
    ['too small', { resources: { requests: { storage: '9Gi' as Quantity } } }, {}, 'requested PV is too small'],
    ['another class', { storageClassName: '' }, {}, 'storageClassName does not match'],
    ['a device', {}, { volumeMode: 'Block' }, 'incompatible volumeMode'],
    ['other modes', { accessModes: ['ReadWriteMany'] }, {}, 'incompatible accessMode'],
  ])('says what is wrong with the volume that it names: %s', (_what, spec, volumeSpec, reason) => {
    const decision = ask({ claims: [claim('a', { ...onDisks, volumeName: 'v', ...spec })], volumes: [volume('v', '2Gi', volumeSpec)] });
    expect(told(decision)).toEqual([`VolumeMismatch Cannot bind to requested volume "v": ${reason}`]);
    expect(decision.claims.get('default/a')?.phase).toBe('Pending');
  });

  it('leaves a volume alone that is kept for another claim, and takes the one that is kept for it', () => {
    const keptFor = (name: string) => ({ claimRef: { namespace: 'default', name } });
    const volumes = [volume('other', '1Gi', keptFor('b')), volume('own', '9Gi', { ...keptFor('a'), storageClassName: 'x' })];
    expect(volumeOf(ask({ claims: [claim('a', onDisks)], volumes }), 'a')).toBe('own');
    const named = ask({ claims: [claim('a', { ...onDisks, volumeName: 'other' })], volumes });
    expect(told(named)).toEqual(['FailedBinding volume "other" already bound to a different claim.']);
  });

  it('takes a volume where both name each other, whatever else they say, and one that is kept for it only with its modes', () => {
    const small = { claimRef: { namespace: 'default', name: 'a' }, storageClassName: '', accessModes: ['ReadOnlyMany'] } as const;
    const volumes = [volume('v', '1Mi', small), volume('w', '2Gi', { claimRef: { namespace: 'default', name: 'b' }, accessModes: [] })];
    const decision = ask({ claims: [claim('a', { ...onDisks, volumeName: 'v' }), claim('b', onDisks)], volumes });
    expect([volumeOf(decision, 'a'), volumeOf(decision, 'b')]).toEqual(['v', undefined]);
  });

  it('says that a controller bound it, where the claim does not name the volume itself', () => {
    const shown = (spec: Partial<Claim['spec']>) => {
      const decision = ask({ claims: [claim('a', spec)], volumes: [volume('v', '1Gi')] });
      return shownClaim(decision.claims.get('default/a')!).metadata?.annotations;
    };
    expect(shown(onDisks)).toEqual({ 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' });
    expect(shown({ ...onDisks, volumeName: 'v' })).toEqual({ 'pv.kubernetes.io/bind-completed': 'yes' });
  });

  it('shows the class that it has by default before it is bound, and none where it asks for none', () => {
    const shown = (spec: Partial<Claim['spec']>, classes: readonly StorageClass[]) =>
      shownClaim(ask({ claims: [claim('a', spec)], classes }).claims.get('default/a')!).spec?.storageClassName;
    const marked = { ...disks, metadata: { name: 'disks', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } };
    expect([shown({}, []), shown({}, [marked]), shown({ storageClassName: '' }, [])]).toEqual(['local', 'disks', '']);
  });

  it('gives one volume to one claim, and passes over those that this node cannot reach or that a selector excludes', () => {
    const away = { nodeAffinity: { required: { nodeSelectorTerms: [] } } };
    const volumes = [
      volume('away', '1Gi', away),
      volume('v', '2Gi'),
      { ...volume('ssd', '3Gi'), metadata: { name: 'ssd', labels: { kind: 'ssd' } } },
    ];
    const claims = [claim('a', onDisks), claim('b', { ...onDisks, selector: { matchLabels: { kind: 'ssd' } } }), claim('c', onDisks)];
    const decision = ask({ claims, volumes, node: { volumesDirectory: '/v', matches: () => false } });
    expect(['a', 'b', 'c'].map((name) => volumeOf(decision, name))).toEqual(['v', 'ssd', undefined]);
    expect(told(decision)).toEqual([expect.stringContaining('"disks" makes no volumes')]);
  });

  it('keeps its volume while a Pod uses it, whatever becomes of the documents', () => {
    const { record } = ask({ claims: [claim('a', onDisks)], volumes: [volume('v', '2Gi')] });
    const edited = ask({ claims: [claim('a', onDisks)], volumes: [volume('v', '2Gi', { hostPath: { path: '/elsewhere' } })], record });
    expect(edited.claims.get('default/a')?.volume?.spec.hostPath?.path).toBe('/data/v');
    const gone = ask({ record, pods: [podWith('a')] });
    expect([volumeOf(gone, 'a'), gone.claims.get('default/a')?.terminating]).toEqual(['v', true]);
    expect(ask({ record, synced: false }).record.bindings).toHaveLength(1);
  });

  it('leaves the volume to a claim of that name once it has gone, and to no other', () => {
    const volumes = [volume('v', '2Gi')];
    const first = ask({ claims: [claim('a', onDisks)], volumes });
    const after = ask({ volumes, record: first.record });
    expect(after.volumes.get('v')).toMatchObject({ phase: 'Released', claim: 'default/a' });
    expect(volumeOf(ask({ claims: [claim('b', onDisks)], volumes, record: after.record }), 'b')).toBeUndefined();
    const again = ask({ claims: [claim('a', onDisks, 'new')], volumes, record: after.record });
    expect([volumeOf(again, 'a'), told(again)]).toEqual([
      'v',
      ['VolumeReused the data of an earlier claim of this name is used again: /data/v'],
    ]);
  });
});

describe('a claim of a class that makes volumes', () => {
  it('waits for a Pod, then gets a directory of its own name, and asks for it again after all records are lost', () => {
    expect(told(ask({ claims: [claim('a')] }))).toEqual(['WaitForFirstConsumer waiting for first consumer to be created before binding']);
    const decision = ask({ claims: [claim('a')], pods: [podWith('a')] });
    expect(decision.make).toEqual(['/var/lib/k/volumes/default_a']);
    expect(volumeOf(decision, 'a')).toBe('pvc-uid-a');
    const lost = ask({ claims: [claim('a', {}, 'other')], pods: [podWith('a')] });
    expect(lost.make).toEqual(decision.make);
  });

  it('keeps its data with Retain, and loses it with Delete only when no Pod uses it and all sources are read', () => {
    const deletes: StorageClass = { metadata: { name: 'scratch' }, provisioner: 'solo-kubelet.dev/local', reclaimPolicy: 'Delete' };
    const scratch = { classes: [deletes] };
    const kept = ask({ claims: [claim('a')], pods: [podWith('a')] });
    expect(ask({ record: kept.record }).delete).toEqual([]);
    const { record } = ask({ ...scratch, claims: [claim('a', { storageClassName: 'scratch' })] });
    expect(ask({ record, pods: [podWith('a')] }).delete).toEqual([]);
    expect(ask({ record, synced: false }).delete).toEqual([]);
    const deleting = ask({ record });
    expect(deleting.delete).toEqual(['/var/lib/k/volumes/default_a']);
    const again = { ...scratch, claims: [claim('a', { storageClassName: 'scratch' }, 'new')], record: deleting.record };
    expect(told(ask(again))).toEqual(['ProvisioningFailed the directory /var/lib/k/volumes/default_a is still being deleted']);
    expect(ask({ ...again, deleted: new Set(deleting.delete) }).make).toEqual(deleting.delete);
  });

  it.each<[string, StorageClass, Partial<Claim['spec']>, RegExp]>([
    [
      'a provisioner that is not here',
      { metadata: { name: 'x' }, provisioner: 'ebs.csi.aws.com' },
      {},
      /provisioner ebs.csi.aws.com is not available on this node/,
    ],
    ['a selector', { metadata: { name: 'x' }, provisioner: 'solo-kubelet.dev/local' }, { selector: {} }, /claim Selector is not supported/],
    ['a device', { metadata: { name: 'x' }, provisioner: 'rancher.io/local-path' }, { volumeMode: 'Block' }, /volumeMode Block/],
    [
      'a path that leads out',
      { metadata: { name: 'x' }, provisioner: 'rancher.io/local-path', parameters: { pathPattern: '../{{ .PVC.Name }}' } },
      {},
      /is not a path below nodePath/,
    ],
    [
      'a field that is not known',
      { metadata: { name: 'x' }, provisioner: 'rancher.io/local-path', parameters: { pathPattern: '{{ .PVC.Uid }}' } },
      {},
      /has a field other than/,
    ],
  ])('says why it gets none: %s', (_what, storageClass, spec, message) => {
    const decision = ask({ claims: [claim('a', { storageClassName: 'x', ...spec })], classes: [storageClass] });
    expect(told(decision)).toEqual([expect.stringMatching(message)]);
    expect(
      told(ask({ claims: [claim('a', { storageClassName: 'x', ...spec })], classes: [storageClass], record: decision.record })),
    ).toEqual([]);
  });

  it('follows the parameters of local-path, and refuses a directory that another claim has', () => {
    const parameters = { nodePath: '/srv/', pathPattern: 'shared' };
    const classes: StorageClass[] = [{ metadata: { name: 'x' }, provisioner: 'rancher.io/local-path', parameters }];
    const decision = ask({ claims: [claim('a', { storageClassName: 'x' }), claim('b', { storageClassName: 'x' })], classes });
    expect([decision.make, told(decision)[1]]).toEqual([
      ['/srv/shared'],
      'ProvisioningFailed the directory /srv/shared belongs to claim default/a',
    ]);
  });

  it('decides nothing more when asked again with its own answer', () => {
    const question = {
      claims: [claim('a'), claim('b', onDisks), claim('c', { storageClassName: 'none' })],
      volumes: [volume('v', '2Gi')],
      pods: [podWith('a')],
    };
    const first = ask(question);
    const second = ask({ ...question, record: first.record });
    expect([second.record, second.events]).toEqual([first.record, []]);
  });
});

describe('claims of Pods', () => {
  it('lets one Pod have a ReadWriteOncePod claim', () => {
    const claims = [claim('a', { accessModes: ['ReadWriteOncePod'] }), claim('b')];
    const message =
      'MountVolume.SetUp failed for volume "data" : volume uses the ReadWriteOncePod access mode and is already in use by another pod';
    expect(exclusiveClaimRefusal(podWith('a', 'p2'), claims, [podWith('a')])).toEqual({ volume: 'data', message });
    expect(exclusiveClaimRefusal(podWith('a'), claims, [podWith('a')])).toBeUndefined();
    expect(exclusiveClaimRefusal(podWith('b', 'p2'), claims, [podWith('b')])).toBeUndefined();
  });

  it('makes claims of ephemeral volumes that only their Pod may use', () => {
    const pod = {
      metadata: { name: 'web', namespace: 'shop', uid: 'p1' },
      spec: {
        volumes: [{ name: 'tmp', ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'] } } } }],
      } as unknown as Pod['spec'],
    };
    const [made] = ephemeralClaims(pod, (name) => `uid-${name}`);
    expect(made).toMatchObject({ metadata: { name: 'web-tmp', namespace: 'shop', uid: 'uid-web-tmp' } });
    expect(ephemeralClaimRefusal(pod, made!)).toBeUndefined();
    const foreign = 'PVC default/web-tmp was not created for pod shop/web (pod is not owner)';
    expect(ephemeralClaimRefusal(pod, claim('web-tmp'))).toBe(foreign);
  });
});
