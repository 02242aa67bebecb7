/** The namespace of what is written, and of the many Pods that are listed. */
export const WRITTEN = '/api/v1/namespaces/written';
const MANY = '/api/v1/namespaces/many';
export const LIST = `${MANY}/pods`;

export const pod = (name, metadata = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'web', tier: 'front' }, ...metadata },
  spec: {
    containers: [
      {
        name: 'web',
        image: 'registry.example/web:1.2.3',
        ports: [{ name: 'http', containerPort: 8080 }],
        env: [
          { name: 'MODE', value: 'production' },
          { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
      { name: 'log', image: 'registry.example/log:1' },
    ],
    volumes: [{ name: 'data', emptyDir: {} }],
  },
});

/** Makes the namespaces, the Pod that is read and changed, and the many. */
export const prepare = async ({ ask }, pods) => {
  for (const name of ['written', 'many'])
    await ask('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await ask('POST', `${WRITTEN}/pods`, pod('one'));
  for (let i = 0; i < pods; i++) await ask('POST', LIST, pod(`pod-${i}`));
};
