/* Tells lb.js, by attributes of the script, what LeadBoxer's pages say in its address. */
try {
  const script = document.currentScript ||
    document.querySelector('script[src*="?dataset="],script[src*="?site="]');
  const said = new URL(script.src).searchParams;
  if (!script.dataset.dataset) script.dataset.dataset = said.get('dataset') || said.get('site') || '';
  if (said.get('onload')) script.dataset.manual = '';
} catch (e) { /* the page comes first */ }
