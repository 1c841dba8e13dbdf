// Times: relative ones stay true while a page is open; the exact one, in the reader's time zone, shows
// on hover and focus; the clock of an event is local.
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const units = [[31536000, 'y'], [2592000, 'mo'], [86400, 'd'], [3600, 'h'], [60, 'min']];

function relative(at) {
  const age = (Date.now() - at) / 1000;
  const [size, name] = units.find(([seconds]) => Math.abs(age) >= seconds) ?? [];
  if (!size) {
    return 'just now';
  }
  const n = Math.floor(Math.abs(age) / size);
  return age > 0 ? `${n} ${name} ago` : `in ${n} ${name}`;
}

function makeLocal(time) {
  const at = Date.parse(time.dateTime);
  if (!Number.isNaN(at)) {
    time.title = exact.format(at);
  }
}

function setClocks(root) {
  for (const time of root.querySelectorAll('time[data-clock]:not([title])')) {
    time.textContent = clock.format(Date.parse(time.dateTime));
    makeLocal(time);
  }
}

function refresh() {
  for (const time of document.querySelectorAll('time:not([data-clock])')) {
    const text = relative(Date.parse(time.dateTime));
    if (time.textContent !== text) {
      time.textContent = text;
    }
  }
}

export function watchTimes() {
  document.addEventListener('pointerover', ({ target }) => {
    const time = target.closest?.('time');
    if (time) {
      makeLocal(time);
    }
  });
  document.addEventListener('focusin', ({ target }) => {
    (target.closest?.('.card') ?? target).querySelectorAll?.('time').forEach(makeLocal);
  });
  document.addEventListener('htmx:load', ({ target }) => setClocks(target));
  setClocks(document);
  setInterval(refresh, 30000);
}
