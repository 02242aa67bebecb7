import { packageConfig } from '../../tools/workspace/tsup.js';

// Three constants, which every command needs, in four files of the kubelet's.
export default packageConfig(['src/index.ts', 'src/bin.ts'], { noExternal: [/^@solo-kubelet\/kubelet\/defaults$/] });
