// What the calls that show kept outputs need in addition to what every flow needs.
// The handler fills it with adapters, tests with memory doubles.
import type { FlowPorts } from '../../core/ports/flow-ports.ts';
import type { KeepStore } from '../../core/ports/keep-store.ts';
import type { OutputSigner, SmallFiles } from '../../core/ports/output-ports.ts';

export interface KeptPorts extends FlowPorts {
  readonly kept: Pick<KeepStore, 'loadKeepJob' | 'loadKeepJobs'>;
  readonly signer: OutputSigner;
}

/** What the open addresses of files need besides. */
export interface FilePorts extends KeptPorts {
  readonly files: SmallFiles;
  /** Signs for the bucket itself, whatever stands in front of it. */
  readonly uploadSigner: OutputSigner;
}
