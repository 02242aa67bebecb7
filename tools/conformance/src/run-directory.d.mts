export interface Figure {
  readonly right: number;
  readonly of: number;
}

export type Figures = Readonly<Record<'verdict' | 'places' | 'messages' | 'pod', Figure>>;

export interface PodFailure {
  readonly id: string;
  readonly wrong: readonly string[];
}

export interface TableResult extends Figure {
  readonly op: string;
  readonly failures: readonly object[];
}

export interface DirectoryResult {
  readonly pods: {
    readonly total: Figures;
    readonly groups: ReadonlyMap<string, Figures>;
    readonly failures: readonly PodFailure[];
  };
  readonly tables: readonly TableResult[];
}

export function runDirectory(directory: string, packages: object): Promise<DirectoryResult>;
