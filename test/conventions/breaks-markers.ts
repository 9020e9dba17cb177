// Reads from a fixture which rules it breaks, and where: `// breaks: one-rule, another-rule`.
// In lint and type fixtures the marker stands on the line before the bad one and speaks for it alone; in layer
// fixtures it is the first line and speaks for the file. `// breaks: nothing` says that silence is the point.

const marker = /^\s*\/\/ breaks: (.+)$/;

/** Rules that a line of a fixture breaks, as `line rule`, lines counted from 1. */
export function markedLines(text: string): string[] {
  return text
    .split('\n')
    .flatMap((content, index) => rulesIn(content).map((rule) => `${index + 2} ${rule}`))
    .sort();
}

/** Rules that the whole fixture breaks, from its first line. Undefined when the line says nothing. */
export function markedFile(text: string): string[] | undefined {
  const first = text.split('\n', 1)[0] ?? '';
  return marker.test(first) ? rulesIn(first).sort() : undefined;
}

function rulesIn(line: string): string[] {
  return (marker.exec(line)?.[1] ?? '')
    .split(', ')
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '' && rule !== 'nothing');
}
