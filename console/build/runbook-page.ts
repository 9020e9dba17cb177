// Renders docs/runbook.md as a page of the console: static, without script, with the section addresses that alarms
// use. Links to other documents of the repository do not work here, so only their text is kept.
import { Marked } from 'marked';
import { runbookSection } from '../../core/contract/alarm-description.ts';
import type { Tokens } from 'marked';

interface RunbookPageParts {
  /** Text of docs/runbook.md. */
  readonly markdown: string;
  /** Addresses of the console's style sheets and its icon. */
  readonly styles: readonly string[];
  readonly icon: string;
}

interface Section {
  readonly id: string;
  readonly title: string;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The whole page as HTML. */
export function runbookPage({ markdown, styles, icon }: RunbookPageParts): string {
  const sections: Section[] = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading) {
        const id = runbookSection(text.replaceAll('`', ''));
        if (depth === 2) sections.push({ id, title: text.replaceAll('`', '') });
        return `<h${depth} id="${escape(id)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }: Tokens.Link) {
        const words = this.parser.parseInline(tokens);
        if (href.startsWith('#')) return `<a href="${escape(href)}">${words}</a>`;
        if (!/^https?:\/\//.test(href)) return words;
        return `<a href="${escape(href)}" target="_blank" rel="noreferrer noopener">${words}</a>`;
      },
      /** An address of the console, which is a link here and only a text elsewhere. */
      codespan({ text }: Tokens.Codespan) {
        const code = `<code>${escape(text)}</code>`;
        return /^\/console\/[a-z-]+$/.test(text) ? `<a href="${text}">${code}</a>` : code;
      },
    },
  });
  const prose = marked.parse(markdown, { async: false });
  return page(prose, sections, { styles, icon });
}

function page(
  prose: string,
  sections: readonly Section[],
  { styles, icon }: Omit<RunbookPageParts, 'markdown'>,
): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex" />
    <title>Runbook · Get3W Relay</title>
    <link rel="icon" type="image/svg+xml" href="${escape(icon)}" />
    ${styles.map((style) => `<link rel="stylesheet" href="${escape(style)}" />`).join('\n    ')}
  </head>
  <body>
    <header class="bar-top">
      <a class="skip" href="#main">Skip to content</a>
      <a class="brand" href="/console"><img src="${escape(icon)}" alt="" width="24" height="24" /><span>Get3W Relay</span></a>
      <nav aria-label="Views"><ul>
        ${['Overview', 'Tasks', 'Gate', 'Alarms'].map(viewLink).join('\n        ')}
        <li><a class="place" href="/console/runbook-plain" aria-current="page">Runbook</a></li>
      </ul></nav>
    </header>
    <main id="main" class="runbook">
      <nav class="runbook-sections" aria-label="Sections" tabindex="0"><ul>
        ${sections.map(({ id, title }) => `<li><a href="#${escape(id)}">${escape(title)}</a></li>`).join('\n        ')}
      </ul></nav>
      <article class="prose">
${prose}
      </article>
    </main>
  </body>
</html>
`;
}

function viewLink(title: string): string {
  const path = title === 'Overview' ? '' : `/${title.toLowerCase()}`;
  return `<li><a class="place" href="/console${path}">${title}</a></li>`;
}
