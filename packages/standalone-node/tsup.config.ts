import { packageConfig } from '../../tools/workspace/tsup.js';

export default packageConfig([
  'src/index.ts',
  'src/containerd/index.ts',
  'src/defaults/index.ts',
  'src/doctor/index.ts',
  'src/image-store/index.ts',
  'src/images/index.ts',
  'src/install/index.ts',
  'src/pod-network/index.ts',
  'src/sandbox-image/index.ts',
]);
