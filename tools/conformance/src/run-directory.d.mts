export interface Figure {
  readonly right: number;
  readonly of: number;
}

export type Figures<Name extends string> = Readonly<Record<Name, Figure>>;

export interface RecordFailure {
  readonly id: string;
  readonly wrong: readonly string[];
}

export interface TableResult extends Figure {
  readonly op: string;
  readonly failures: readonly object[];
}

export interface RecordsResult<Name extends string> {
  readonly total: Figures<Name>;
  readonly groups: ReadonlyMap<string, Figures<Name>>;
  readonly failures: readonly RecordFailure[];
}

export interface DirectoryResult {
  readonly pods: RecordsResult<'verdict' | 'places' | 'messages' | 'pod'>;
  readonly objects: RecordsResult<'verdict' | 'places' | 'messages' | 'object' | 'warnings' | 'generation'>;
  readonly tables: readonly TableResult[];
}

export function runDirectory(directory: string, packages: object): Promise<DirectoryResult>;
