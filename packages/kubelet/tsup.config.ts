import { packageConfig } from '../../tools/workspace/tsup.js';

export default packageConfig([
  'src/index.ts',
  'src/config/index.ts',
  'src/defaults/index.ts',
  'src/networks/index.ts',
  'src/node/index.ts',
  'src/probes/index.ts',
  'src/process/index.ts',
  'src/runtime/index.ts',
  'src/secrets/index.ts',
]);
