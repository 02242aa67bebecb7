/**
 * Tokens of YAML 1.1 with the habits of the library that Kubernetes uses (libyaml's rules as in go-yaml v2): a simple key fits on one line
 * and in 1024 characters, `:` needs a blank after it except in flow context after a key, `?` is an indicator anywhere in flow context.
 */
export type YamlToken = { readonly start: number; readonly end: number } & (
  | {
      readonly type:
        | 'streamEnd'
        | 'documentStart'
        | 'documentEnd'
        | 'blockSequenceStart'
        | 'blockMappingStart'
        | 'blockEnd'
        | 'flowSequenceStart'
        | 'flowSequenceEnd'
        | 'flowMappingStart'
        | 'flowMappingEnd'
        | 'blockEntry'
        | 'flowEntry'
        | 'key'
        | 'value';
    }
  | { readonly type: 'version'; readonly version: string }
  | { readonly type: 'tagDirective'; readonly handle: string; readonly prefix: string }
  | { readonly type: 'alias' | 'anchor'; readonly name: string }
  | { readonly type: 'tag'; readonly handle: string; readonly suffix: string }
  | { readonly type: 'scalar'; readonly value: string; readonly plain: boolean }
);
