import { packageConfig } from '../../tools/workspace/tsup.js';

export default packageConfig(['src/index.ts', 'src/explain/index.ts', 'src/kinds/index.ts', 'src/rules/index.ts']);
