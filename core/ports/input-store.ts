// Inputs that lie in the bucket, as the flows need them: texts of up to some megabytes, read and written whole.
// Where an input lies is core/domain/media/input-object.ts's.
export interface InputStore {
  storeInput(key: string, text: string): Promise<void>;
  /** Undefined when nothing lies there. */
  readInput(key: string): Promise<string | undefined>;
  /** Its age begins again; nothing happens when nothing lies there. */
  renewInput(key: string): Promise<void>;
  /** Copies an upload to where inputs lie; false when nothing lies at `from`. */
  adoptUpload(from: string, to: string): Promise<boolean>;
  /** Its age begins again; false when nothing lies there. */
  renewUpload(key: string): Promise<boolean>;
  /** Nothing happens when nothing lies there. */
  removeInput(key: string): Promise<void>;
}
