import { ageOf } from '../age.js';
import { containerCells, deploymentSelector, formatLabels, selectorAt } from '../cell-text.js';
import { AGE_COLUMN, CONTAINERS_COLUMN, column, IMAGES_COLUMN, NAME_COLUMN, wideColumn } from '../column.js';
import type { KindTable } from '../kind-table.js';
import { fieldAt, isTrueAt, listAt, mapAt, nameOf, numberAt, textAt } from '../read-field.js';

const templateCells = (object: unknown): [string, string] => containerCells(listAt(object, 'spec', 'template', 'spec', 'containers'));

export const deploymentTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Ready', 'string', 'Number of the pod with ready state'),
    column('Up-to-date', 'string', 'Total number of non-terminating pods targeted by this deployment that have the desired template spec.'),
    column(
      'Available',
      'string',
      'Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.',
    ),
    AGE_COLUMN,
    CONTAINERS_COLUMN,
    IMAGES_COLUMN,
    wideColumn(
      'Selector',
      'string',
      "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
    ),
  ],
  cells: (object, { nowMs }) => [
    nameOf(object),
    `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`,
    numberAt(object, 'status', 'updatedReplicas'),
    numberAt(object, 'status', 'availableReplicas'),
    ageOf(object, nowMs),
    ...templateCells(object),
    deploymentSelector(object),
  ],
};

const replicas = (object: unknown): [number, number, number] => [
  numberAt(object, 'spec', 'replicas'),
  numberAt(object, 'status', 'replicas'),
  numberAt(object, 'status', 'readyReplicas'),
];

export const replicaSetTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Desired',
      'integer',
      'Replicas is the number of desired pods. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset',
    ),
    column(
      'Current',
      'integer',
      'Replicas is the most recently observed number of non-terminating pods. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset',
    ),
    column('Ready', 'integer', 'The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.'),
    AGE_COLUMN,
    CONTAINERS_COLUMN,
    IMAGES_COLUMN,
    wideColumn(
      'Selector',
      'string',
      "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
  ],
  cells: (object, { nowMs }) => [
    nameOf(object),
    ...replicas(object),
    ageOf(object, nowMs),
    ...templateCells(object),
    selectorAt(object, 'spec', 'selector'),
  ],
};

export const replicationControllerTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Desired',
      'integer',
      'Replicas is the number of desired replicas. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller#what-is-a-replicationcontroller',
    ),
    column(
      'Current',
      'integer',
      'Replicas is the most recently observed number of replicas. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller#what-is-a-replicationcontroller',
    ),
    column('Ready', 'integer', 'The number of ready replicas for this replication controller.'),
    AGE_COLUMN,
    CONTAINERS_COLUMN,
    IMAGES_COLUMN,
    wideColumn(
      'Selector',
      'string',
      'Selector is a label query over pods that should match the Replicas count. If Selector is empty, it is defaulted to the labels present on the Pod template. Label keys and values that must match in order to be controlled by this replication controller, if empty defaulted to labels on Pod template. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
    ),
  ],
  cells: (object, { nowMs }) => [
    nameOf(object),
    ...replicas(object),
    ageOf(object, nowMs),
    ...templateCells(object),
    formatLabels(mapAt(object, 'spec', 'selector')),
  ],
};

export const statefulSetTable: KindTable = {
  columns: [NAME_COLUMN, column('Ready', 'string', 'Number of the pod with ready state'), AGE_COLUMN, CONTAINERS_COLUMN, IMAGES_COLUMN],
  cells: (object, { nowMs }) => [
    nameOf(object),
    `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`,
    ageOf(object, nowMs),
    ...templateCells(object),
  ],
};

export const daemonSetTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column(
      'Desired',
      'integer',
      'The total number of nodes that should be running the daemon pod (including nodes correctly running the daemon pod). More info: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/',
    ),
    column(
      'Current',
      'integer',
      'The number of nodes that are running at least 1 daemon pod and are supposed to run the daemon pod. More info: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/',
    ),
    column(
      'Ready',
      'integer',
      'numberReady is the number of nodes that should be running the daemon pod and have one or more of the daemon pod running with a Ready Condition.',
    ),
    column('Up-to-date', 'integer', 'The total number of nodes that are running updated daemon pod'),
    column(
      'Available',
      'integer',
      'The number of nodes that should be running the daemon pod and have one or more of the daemon pod running and available (ready for at least spec.minReadySeconds)',
    ),
    column(
      'Node Selector',
      'string',
      "NodeSelector is a selector which must be true for the pod to fit on a node. Selector which must match a node's labels for the pod to be scheduled on that node. More info: https://kubernetes.io/docs/concepts/configuration/assign-pod-node/",
    ),
    AGE_COLUMN,
    CONTAINERS_COLUMN,
    IMAGES_COLUMN,
    wideColumn(
      'Selector',
      'string',
      "A label query over pods that are managed by the daemon set. Must match in order to be controlled. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
  ],
  cells: (object, { nowMs }) => [
    nameOf(object),
    numberAt(object, 'status', 'desiredNumberScheduled'),
    numberAt(object, 'status', 'currentNumberScheduled'),
    numberAt(object, 'status', 'numberReady'),
    numberAt(object, 'status', 'updatedNumberScheduled'),
    numberAt(object, 'status', 'numberAvailable'),
    formatLabels(mapAt(object, 'spec', 'template', 'spec', 'nodeSelector')),
    ageOf(object, nowMs),
    ...templateCells(object),
    selectorAt(object, 'spec', 'selector'),
  ],
};

export const controllerRevisionTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Controller', 'string', 'Controller of the object'),
    column('Revision', 'string', 'Revision indicates the revision of the state represented by Data.'),
    AGE_COLUMN,
  ],
  cells: (object, { nowMs }) => [nameOf(object), controllerName(object), numberAt(object, 'revision'), ageOf(object, nowMs)],
};

/** `statefulset.apps/web`; `<none>` for an object that no controller owns. */
const controllerName = (object: unknown): string => {
  const owner = listAt(object, 'metadata', 'ownerReferences').find((reference) => isTrueAt(reference, 'controller'));
  if (owner === undefined) return '<none>';
  const [group] = textAt(owner, 'apiVersion').split('/', 1);
  const isCore = group === textAt(owner, 'apiVersion');
  const kind = `${textAt(owner, 'kind')}${isCore || group === '' ? '' : `.${group}`}`;
  return kind === '' ? textAt(owner, 'name') : `${kind.toLowerCase()}/${textAt(owner, 'name')}`;
};

export const podTemplateTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Containers', 'string', 'Names of each container in the template.'),
    column('Images', 'string', 'Images referenced by each container in the template.'),
    column('Pod Labels', 'string', 'The labels for the pod template.'),
  ],
  cells: (object) => [
    nameOf(object),
    ...containerCells(listAt(object, 'template', 'spec', 'containers')),
    formatLabels(mapAt(object, 'template', 'metadata', 'labels')),
  ],
};

export const podDisruptionBudgetTable: KindTable = {
  columns: [
    NAME_COLUMN,
    column('Min Available', 'string', 'The minimum number of pods that must be available.'),
    column('Max Unavailable', 'string', 'The maximum number of pods that may be unavailable.'),
    column('Allowed Disruptions', 'integer', 'Calculated number of pods that may be disrupted at this time.'),
    AGE_COLUMN,
  ],
  cells: (object, { nowMs }) => [
    nameOf(object),
    intOrPercent(fieldAt(object, 'spec', 'minAvailable')),
    intOrPercent(fieldAt(object, 'spec', 'maxUnavailable')),
    numberAt(object, 'status', 'disruptionsAllowed'),
    ageOf(object, nowMs),
  ],
};

const intOrPercent = (value: unknown): string => (typeof value === 'number' || typeof value === 'string' ? String(value) : 'N/A');

export const scaleTable: KindTable = {
  columns: [
    column(
      'Name',
      'string',
      'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
    ),
    column('Desired', 'integer', 'replicas is the desired number of instances for the scaled object.'),
    column('Available', 'integer', 'replicas is the actual number of observed instances of the scaled object.'),
    AGE_COLUMN,
  ],
  cells: (object, { nowMs }) => [
    nameOf(object),
    numberAt(object, 'spec', 'replicas'),
    numberAt(object, 'status', 'replicas'),
    ageOf(object, nowMs),
  ],
};
