// Who runs the command line: shown with what it did, in the audit log and beside a pause of the gate.
import { hostname, userInfo } from 'node:os';

/** User and machine, as the operating system names them. */
export function principal(): string {
  return `${userInfo().username}@${hostname()}`;
}
