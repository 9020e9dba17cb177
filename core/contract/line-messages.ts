// The messages of the wide lines, by which saved queries find them. They stand apart from the meanings of the lines'
// fields (wide-lines.ts), which are for documentation: a function need not load those at its start.
export const lineMessages = { request: 'answered', attempt: 'attempt ended', webhook: 'webhook called' } as const;
