// Imported first: some systems give the browser a language that `Intl` refuses (`en-US@posix` where LANG is C), and a
// library that formats numbers with it throws while it loads. The page then stayed blank, with the key still in its
// address. The console writes numbers in English anyway.
function isKnownLanguage(language: string): boolean {
  try {
    new Intl.NumberFormat(language);
    return true;
  } catch {
    return false;
  }
}

if (!isKnownLanguage(navigator.language)) Object.defineProperty(navigator, 'language', { value: 'en' });
