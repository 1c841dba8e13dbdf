// Times: relative ones stay true while a page is open; the exact one, in the reader's time zone, shows
// on hover and focus; the clock of an event and the day and time of a session are local.
// Made when first used: a formatter takes longer to make than all else here.
export const formatter = (options) => {
  let made;
  return (at) => (made ??= new Intl.DateTimeFormat(undefined, options)).format(at);
};
const exact = formatter({ dateStyle: 'medium', timeStyle: 'short' });
const sameYear = formatter({
  weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
});
const clock = formatter({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
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
    time.title = exact(at);
  }
}

// "Today 09:41", "Yesterday 17:20", "Tue 17 Nov, 17:20"
function moment(at) {
  const date = new Date(at), today = new Date();
  const days = Math.round((new Date(today).setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0 || days === 1) {
    return `${days === 0 ? 'Today' : 'Yesterday'} ${clock(at)}`;
  }
  return (date.getFullYear() === today.getFullYear() ? sameYear : exact)(at);
}

function setClocks(root) {
  for (const time of root.querySelectorAll('time[data-moment]:not([title])')) {
    time.textContent = moment(Date.parse(time.dateTime));
    makeLocal(time);
  }
  for (const time of root.querySelectorAll('time[data-clock]:not([title])')) {
    time.textContent = clock(Date.parse(time.dateTime));
    makeLocal(time);
  }
}

function refresh() {
  for (const time of document.querySelectorAll('time:not([data-clock], [data-moment])')) {
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
