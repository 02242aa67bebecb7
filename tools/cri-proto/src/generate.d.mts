export declare const generate: (root: string) => Promise<void>;
export declare const compileDescriptors: (file: string) => Promise<void>;
