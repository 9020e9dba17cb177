// The title of the browser's tab: how many alarms are on, before the name of the view, so that it shows among other tabs.

let view = '';
let onCount = 0;

function write(): void {
  document.title = `${onCount > 0 ? `(${onCount}) ` : ''}${view} · Get3W Relay`;
}

export function titleView(name: string): void {
  view = name;
  write();
}

/** @param count of alarms that are on; none while the page does not know. */
export function titleAlarms(count: number): void {
  onCount = count;
  if (view !== '') write();
}
