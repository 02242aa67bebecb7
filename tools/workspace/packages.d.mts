export const PROJECT_URL: string;
export const packages: readonly { readonly name: string; readonly keywords: readonly string[] }[];
