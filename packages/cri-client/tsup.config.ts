import { packageConfig } from '../../tools/workspace/tsup.js';

export default packageConfig([
  'src/index.ts',
  'src/enums/index.ts',
  'src/testing/index.ts',
  'src/rx/index.ts',
  'src/streaming/index.ts',
  'src/logs/index.ts',
]);
