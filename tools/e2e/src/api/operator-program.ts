import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node';

// An operator as people write them, for a container: it stamps every ConfigMap of its namespace that asks for it, and says what it sees.

const kubeconfig = new KubeConfig();
kubeconfig.loadFromCluster();
const core = kubeconfig.makeApiClient(CoreV1Api);
const namespace = 'default';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const stamp = async ({ metadata }: V1ConfigMap): Promise<void> => {
  const name = metadata?.name ?? '';
  if (metadata?.annotations?.['stamp'] !== 'wanted') return;
  const body = [{ op: 'replace', path: '/metadata/annotations/stamp', value: 'done' }];
  await core.patchNamespacedConfigMap({ name, namespace, body });
  say(`stamped ${name}`);
};

const informer = makeInformer(kubeconfig, `/api/v1/namespaces/${namespace}/configmaps`, () => core.listNamespacedConfigMap({ namespace }));
const seen = (verb: string) => (map: V1ConfigMap) => {
  say(`${verb} ${map.metadata?.name}`);
  if (verb !== 'delete') stamp(map).catch((error: unknown) => say(`failed ${String(error).split('\n')[0]}`));
};
informer.on('add', seen('add'));
informer.on('update', seen('update'));
informer.on('delete', seen('delete'));
const start = (): void => void informer.start().catch(again);
const again = (): void => void setTimeout(start, 500);
informer.on('error', again);
start();
core.listNamespacedSecret({ namespace }).then(
  () => say('secrets allowed'),
  (error: unknown) => say(`secrets ${(error as { readonly code?: number }).code}`),
);
process.on('SIGTERM', () => process.exit(0));
