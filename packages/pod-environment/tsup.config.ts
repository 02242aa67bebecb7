import { packageConfig } from '../../tools/workspace/tsup.js';

export default packageConfig(['src/index.ts', 'src/cgroups/index.ts', 'src/testing/index.ts']);
