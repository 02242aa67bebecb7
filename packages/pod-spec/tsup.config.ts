import { packageConfig } from '../../tools/workspace/tsup.js';

export default packageConfig(['src/index.ts', 'src/explain/index.ts', 'src/pod-security/index.ts', 'src/schema/index.ts']);
