import type { Mount } from '@solo-kubelet/cri-types';
import { mountPropagation } from './cri-enums.js';

/** A mount with every field that a container may leave open. */
export const emptyMount: Mount = {
  containerPath: '',
  hostPath: '',
  readonly: false,
  selinuxRelabel: false,
  propagation: mountPropagation.None,
  uidMappings: [],
  gidMappings: [],
  recursiveReadOnly: false,
  imageSubPath: '',
  mountOptions: [],
};
