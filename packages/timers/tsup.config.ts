import { packageConfig } from '../../tools/workspace/tsup.js';

export default packageConfig(['src/index.ts', 'src/backoff/index.ts', 'src/rxjs/index.ts', 'src/turns/index.ts']);
