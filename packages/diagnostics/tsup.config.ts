import { packageConfig } from '../../tools/workspace/tsup.js';

export default packageConfig(['src/index.ts', 'src/doing/index.ts', 'src/json/index.ts', 'src/nesting/index.ts', 'src/text/index.ts']);
