// Imported before everything else: some systems give a browser a language that `Intl` refuses (`en-US@posix` where LANG
// is C), and a library that formats numbers by it throws while it is loaded. The page then stayed blank, with the key
// still in its address. Numbers of the console are written in English anyway.
function isKnownLanguage(language: string): boolean {
  try {
    new Intl.NumberFormat(language);
    return true;
  } catch {
    return false;
  }
}

if (!isKnownLanguage(navigator.language)) Object.defineProperty(navigator, 'language', { value: 'en' });
