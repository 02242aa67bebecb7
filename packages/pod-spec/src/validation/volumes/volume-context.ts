/** The volume around a source, which the rules of two sources look at. */
export interface VolumeContext {
  readonly podName: string;
  readonly volumeName: string;
  /** The path of the volume itself. */
  readonly volumeField: string;
}
