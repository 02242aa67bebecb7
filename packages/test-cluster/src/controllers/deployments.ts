import type { StoredObject } from '@solo-kubelet/api-server';
import {
  annotationsOfRevision,
  type Deployment,
  type DeploymentRecord,
  type DeploymentRevision,
  type PodTemplate,
  REVISION_ANNOTATION,
  type ReplicaSet,
  reduceDeployment,
  reduceReplicaSet,
  revisionOfAnnotations,
} from '@solo-kubelet/workloads';
import { type Controller, splitKey } from './controller.js';
import type { ControllerApi } from './controller-api.js';
import { controlledBy, controllerOf, isControlledBy } from './owners.js';
import { asPod, carryOut, isWanted, podsOf, setStatus } from './workload-parts.js';

const HASH_LABEL = 'pod-template-hash';

const withoutHash = (template: PodTemplate): PodTemplate => {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
};

/** A ReplicaSet as its Deployment's controller remembers it. */
const revisionOf = ({ metadata, spec = {} }: StoredObject): DeploymentRevision => {
  const replicas = Number(spec['replicas'] ?? 1);
  return {
    name: metadata.name!,
    hash: metadata.labels?.[HASH_LABEL] ?? '',
    ...revisionOfAnnotations(metadata.annotations ?? {}, replicas),
    template: withoutHash(spec['template'] as PodTemplate),
    createdMs: Date.parse(metadata.creationTimestamp ?? '') || 0,
    replicas,
  };
};

const asDeployment = ({ metadata, spec = {} }: StoredObject): Deployment => {
  const { strategy, ...rest } = spec as { readonly strategy?: { readonly type?: string; readonly rollingUpdate?: object } };
  return {
    metadata: { ...metadata, annotations: metadata.annotations ?? {} },
    spec: { ...rest, strategy: { type: strategy?.type ?? 'RollingUpdate', ...strategy?.rollingUpdate } },
  } as unknown as Deployment;
};

const writeReplicaSets = (
  api: ControllerApi,
  deployment: StoredObject,
  sets: readonly StoredObject[],
  revisions: readonly DeploymentRevision[],
): void => {
  const { namespace } = deployment.metadata;
  for (const revision of revisions) {
    const before = sets.find(({ metadata }) => metadata.name === revision.name);
    if (before === undefined) {
      if (revision.template === undefined) continue;
      const { template } = revision;
      const labels = { ...template.metadata?.labels, [HASH_LABEL]: revision.hash };
      const selector = deployment.spec?.['selector'] as { readonly matchLabels?: object };
      api.create({
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          ...{ name: revision.name, namespace: namespace!, labels },
          annotations: annotationsOfRevision(revision),
          ownerReferences: controlledBy(deployment),
        },
        spec: {
          replicas: revision.replicas,
          ...(deployment.spec?.['minReadySeconds'] !== undefined && { minReadySeconds: deployment.spec['minReadySeconds'] }),
          selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: revision.hash } },
          template: { ...template, metadata: { ...template.metadata, labels } },
        },
      });
      continue;
    }
    const wanted = { ...before.metadata.annotations, ...annotationsOfRevision(revision) };
    const isSame = Object.entries(wanted).every(([name, value]) => before.metadata.annotations?.[name] === value);
    if (isSame && before.spec?.['replicas'] === revision.replicas) continue;
    api.replace({
      ...before,
      metadata: { ...before.metadata, annotations: wanted },
      spec: { ...before.spec, replicas: revision.replicas },
    });
  }
  for (const set of sets) if (!revisions.some(({ name }) => name === set.metadata.name)) api.remove(set);
};

/** Deployments with their ReplicaSets, and ReplicaSets of nobody. */
export const deploymentController = (): Controller => {
  const madeBy = new Map<string, number>();
  const syncDeployment = (deployment: StoredObject, api: ControllerApi): number | undefined => {
    const { uid = '', namespace, name = '' } = deployment.metadata;
    const sets = api.list('ReplicaSet', namespace).filter((set) => isControlledBy(set, deployment) && isWanted(set));
    const pods = sets.flatMap((set) => podsOf(api, set));
    const status = deployment.status as DeploymentRecord['status'] | undefined;
    const decision = reduceDeployment({
      deployment: asDeployment(deployment),
      revisions: sets.map(revisionOf),
      pods: pods.map(asPod),
      record: {
        podsMade: madeBy.get(uid) ?? 0,
        ...(status?.observedGeneration !== undefined && { status: { ...status, conditions: status.conditions ?? [] } }),
      },
      nowMs: api.now(),
    });
    madeBy.set(uid, decision.record.podsMade);
    writeReplicaSets(api, deployment, sets, decision.revisions);
    const newest = Math.max(0, ...decision.revisions.map(({ revision }) => revision));
    const shown = deployment.metadata.annotations ?? {};
    if (newest > 0 && shown[REVISION_ANNOTATION] !== String(newest)) {
      const now = api.get('Deployment', namespace, name)!;
      api.replace({
        ...now,
        metadata: { ...now.metadata, annotations: { ...now.metadata.annotations, [REVISION_ANNOTATION]: String(newest) } },
      });
    }
    const now = api.get('Deployment', namespace, name);
    if (now === undefined) return undefined;
    setStatus(api, 'Deployment', now, { ...decision.status, observedGeneration: Number(now.metadata.generation) });
    for (const set of api.list('ReplicaSet', namespace).filter((each) => isControlledBy(each, deployment))) {
      const own = new Set(podsOf(api, set).map(({ metadata }) => metadata.uid));
      carryOut(api, set, {
        create: decision.create.filter(({ replicaSet }) => replicaSet === set.metadata.name),
        delete: decision.delete.filter((each) => own.has(each.uid)),
        events: decision.events.filter(({ replicaSet }) => replicaSet === set.metadata.name),
      });
      showReplicaSet(set, api);
    }
    carryOut(api, deployment, {
      create: [],
      delete: [],
      events: decision.events.filter(({ replicaSet }) => replicaSet === undefined),
    });
    return decision.wakeAtMs;
  };

  const decide = (set: StoredObject, api: ControllerApi) =>
    reduceReplicaSet({
      replicaSet: set as unknown as ReplicaSet,
      pods: podsOf(api, set).map(asPod),
      record: { podsMade: madeBy.get(set.metadata.uid ?? '') ?? 0 },
      nowMs: api.now(),
    });
  const showReplicaSet = (set: StoredObject, api: ControllerApi): void => {
    const now = api.get('ReplicaSet', set.metadata.namespace, set.metadata.name!);
    if (isWanted(now)) setStatus(api, 'ReplicaSet', now, decide(now, api).status);
  };
  const syncReplicaSet = (set: StoredObject, api: ControllerApi): number | undefined => {
    const decision = decide(set, api);
    madeBy.set(set.metadata.uid ?? '', decision.record.podsMade);
    carryOut(api, set, decision);
    showReplicaSet(set, api);
    return decision.wakeAtMs;
  };

  return {
    kinds: ['Deployment', 'ReplicaSet', 'Pod'],
    keysOf: ({ object, key }, api) => {
      if (object.kind === 'Deployment') return [`Deployment:${key}`];
      const { namespace = '' } = object.metadata;
      const set = object.kind === 'ReplicaSet' ? object : ofKind(object, 'ReplicaSet', api);
      if (set === undefined) return [];
      const deployment = controllerOf(set);
      return [
        deployment?.kind === 'Deployment' ? `Deployment:${namespace}/${deployment.name}` : `ReplicaSet:${namespace}/${set.metadata.name}`,
      ];
    },
    sync: (key, api) => {
      const at = key.indexOf(':');
      const { namespace, name } = splitKey(key.slice(at + 1));
      const object = api.get(key.slice(0, at), namespace, name);
      if (!isWanted(object)) return undefined;
      return object.kind === 'Deployment' ? syncDeployment(object, api) : syncReplicaSet(object, api);
    },
  };
};

/** The owner of a kind that is in charge of an object, as long as it is there. */
const ofKind = (object: StoredObject, kind: string, api: ControllerApi): StoredObject | undefined => {
  const owner = controllerOf(object);
  return owner?.kind === kind ? api.get(kind, object.metadata.namespace, owner.name) : undefined;
};
