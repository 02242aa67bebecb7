import { expect, it } from 'vitest';
import { askCore } from '../testing/ask-core.js';

const container = (more: object) => ({ spec: { containers: [more] } });

it.each<[object, string]>([
  [{ spec: { restartPolicy: 1 } }, 'number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy'],
  [{ metadata: { uid: 1 } }, 'number into Go struct field ObjectMeta.metadata.uid of type types.UID'],
  [container({ image: 1 }), 'number into Go struct field Container.spec.containers.image of type string'],
  [
    container({ securityContext: { capabilities: { add: 'x' } } }),
    'string into Go struct field Capabilities.spec.containers.securityContext.capabilities.add of type []v1.Capability',
  ],
  [
    { spec: { volumes: [{ emptyDir: 1 }] } },
    'number into Go struct field Volume.spec.volumes.VolumeSource.emptyDir of type v1.EmptyDirVolumeSource',
  ],
  [
    container({ livenessProbe: { tcpSocket: { port: {} } } }),
    'object into Go struct field TCPSocketAction.spec.containers.livenessProbe.ProbeHandler.tcpSocket.port of type int32',
  ],
  [{ spec: { volumes: [{ name: 1 }] } }, 'number into Go struct field Volume.spec.volumes.name of type string'],
])('what has the wrong type is named as Go names it: %j', (body, words) => {
  const { code, value } = askCore()('POST', 'pods', body);
  expect([code, value.message]).toEqual([400, `Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal ${words}`]);
});
