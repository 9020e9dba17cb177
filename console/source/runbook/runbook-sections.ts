// The runbook as the page shows it: the document that is also a page of its own, cut into its sections.

export interface RunbookSection {
  /** The anchor that alarms name; empty for what stands before the first section. */
  readonly id: string;
  readonly title: string;
  readonly nodes: readonly Node[];
  /** For the search, in lower case. */
  readonly text: string;
}

/** Where the document is: a page without script, which can be read without a key. */
export const PLAIN_RUNBOOK = '/console/runbook-plain';

/** The browser parses it: the content policy lets no script make markup of a text. */
export function loadRunbook(): Promise<readonly RunbookSection[]> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('GET', PLAIN_RUNBOOK);
    request.responseType = 'document';
    request.timeout = 35_000;
    const fail = (): void => reject(new Error('The runbook could not be loaded'));
    request.onerror = fail;
    request.ontimeout = fail;
    request.onload = () => {
      const article = request.response instanceof Document ? request.response.querySelector('article') : null;
      if (request.status === 200 && article) resolve(sectionsOf(article));
      else fail();
    };
    request.send();
  });
}

function sectionsOf(article: Element): readonly RunbookSection[] {
  const groups: { readonly heading: Element | undefined; readonly nodes: Node[] }[] = [
    { heading: undefined, nodes: [] },
  ];
  for (const element of [...article.children]) {
    // The view has a heading of its own.
    if (element.tagName === 'H1') continue;
    if (element.tagName === 'H2') groups.push({ heading: element, nodes: [] });
    groups.at(-1)?.nodes.push(element);
  }
  return groups.map(({ heading, nodes }) => ({
    id: heading?.id ?? '',
    title: heading?.textContent ?? '',
    nodes,
    text: nodes
      .map((node) => node.textContent ?? '')
      .join(' ')
      .toLowerCase(),
  }));
}

/** Whether each word of the search is somewhere in the section. */
export function isFound({ text }: Pick<RunbookSection, 'text'>, search: string): boolean {
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
