import { packageConfig } from '../../tools/workspace/tsup.js';

export default packageConfig(['src/index.ts', 'src/grpc/index.ts', 'src/http/index.ts', 'src/plugin/index.ts', 'src/testing/index.ts']);
