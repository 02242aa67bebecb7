import { packageConfig } from '../../tools/workspace/tsup.js';

export default packageConfig(['src/index.ts', 'src/settings/index.ts', 'src/versioned-map/index.ts']);
