/*
 * lb.js - the tracker.
 *
 *   <script defer src="https://HOST/lb.js" data-dataset="PUBLIC-ID"></script>
 *
 * data-cookieless   keep nothing in the browser; the server tells visitors apart for a day
 * data-forms        record submitted forms (never passwords, cards, hidden or private fields)
 * data-privacy=off  count visitors who ask not to be tracked (Do Not Track, Global Privacy Control)
 * data-manual       count no page by itself when it is loaded
 *
 * lb('page')                         count a page by hand (single-page apps are noticed anyway)
 * lb('track', name, properties)      something of your own
 * lb('identify', {email, firstName}, what) who this is, and by what that is known
 * lb('form', formOrName, fields)     a form that was filled in
 *
 * Calls before this file is loaded wait in window.lb.q; see the stub on the Tracking page.
 * It never throws into the page and never blocks it.
 */
(() => {
  const d = document, w = window, n = navigator, l = location;
  const safe = (f) => function () {
    try { return f.apply(this, arguments); } catch (e) { /* the page comes first */ }
  };
  const on = (target, type, f) => target.addEventListener(type, safe(f), true);

  safe(() => {
    const script = d.currentScript || d.querySelector('script[data-dataset]');
    const settings = script.dataset;
    const early = w.lb;
    if (!settings.dataset || (early && early.on)) return;

    const asked = n.globalPrivacyControl || n.doNotTrack == 1 || w.doNotTrack == 1;
    if (asked && settings.privacy != 'off') {
      w.lb = () => {};
      w.lb.on = 1;
      return;
    }

    /* Who: a random id in a cookie of the widest domain that takes it. */

    const cookie = () => 'cookieless' in settings ? undefined
      : (/(?:^|; )lb_id=([0-9a-f]{32})/.exec(d.cookie) || [])[1];
    const visitor = () => {
      if ('cookieless' in settings || cookie()) return cookie();
      const id = Array.from(crypto.getRandomValues(new Uint8Array(16)),
        (b) => (b + 256).toString(16).slice(1)).join('');
      const text = 'lb_id=' + id + ';path=/;max-age=63072000;samesite=lax' +
        (l.protocol == 'https:' ? ';secure' : '');
      const parts = l.hostname.split('.');
      for (let i = parts.length - 1; i > 0 && !cookie(); i--) {
        d.cookie = text + ';domain=' + parts.slice(i - 1).join('.');
      }
      if (!cookie()) d.cookie = text;
      return cookie();
    };
    const me = visitor();

    /* Sending: a few events at a time, once more later when the network fails. */

    const endpoint = new URL('/e', script.src).href;
    const tried = new WeakSet();
    let queue = [], held = [], timer;

    const flush = (leaving) => {
      clearTimeout(timer);
      timer = 0;
      if (leaving) queue.unshift(...held.splice(0));
      while (queue.length) {
        const batch = queue.splice(0, 20);
        for (const e of batch) {
          if (e.type == 'pageview' && page && e.url == page.url) e.title = d.title;
        }
        const body = JSON.stringify({
          dataset: settings.dataset, visitor: me, sent: Date.now(), events: batch,
        });
        const again = safe(() => {
          held.push(...batch.filter((e) => !tried.has(e) && tried.add(e)));
          setTimeout(safe(() => { queue.push(...held.splice(0)); flush(); }), 9000);
        });
        if (leaving && n.sendBeacon && n.sendBeacon(endpoint, body)) continue;
        fetch(endpoint, {
          method: 'POST', body, credentials: 'omit', keepalive: body.length < 60000,
        }).then((r) => (r.status > 499 || r.status == 429) && again(), again);
      }
    };
    const add = (type, name, properties, url) => {
      queue.push({
        // With the id it counts once, however often it has to be sent.
        id: Math.random().toString(36).slice(2),
        type, name, url: url || address(), title: d.title, at: Date.now(),
        // A copy now: what cannot be sent fails here, alone, and later changes do not show.
        properties: properties && JSON.parse(JSON.stringify(properties)),
      });
      timer = timer || setTimeout(safe(flush), 200);
      return queue[queue.length - 1];
    };

    /* Pages. The fragment is kept only where it is the route. */

    let page;
    const address = () => l.href.replace(/#(?![/!]).*/, '');
    const seconds = () => {
      if (!page) return;
      const now = Date.now();
      if (page.since) page.seen += now - page.since;
      page.since = d.visibilityState == 'hidden' ? 0 : now;
      return Math.round(page.seen / 1000);
    };
    const view = () => {
      const referrer = page ? page.url : d.referrer;
      if (page) leave();
      page = {url: address(), seen: 0, since: Date.now()};
      seconds();
      add('pageview', undefined, {screen: screen.width + 'x' + screen.height, language: n.language}).referrer = referrer;
    };
    // Again on the same page only after a good while more: a tab is hidden and shown many times.
    const leave = () => {
      const s = seconds();
      if (!page || page.told >= 0 && s < page.told + 10) return;
      page.told = s;
      add('exit', undefined, {kind: 'leave', seconds: s}, page.url);
    };
    const moved = safe(() => { if (page && address() != page.url) view(); });

    for (const name of ['pushState', 'replaceState']) {
      const was = history[name];
      history[name] = function () {
        const result = was.apply(this, arguments);
        moved();
        return result;
      };
    }
    on(w, 'popstate', moved);
    on(w, 'hashchange', moved);
    on(w, 'pageshow', (e) => { if (e.persisted) view(); });
    on(w, 'pagehide', () => { leave(); flush(1); });
    on(d, 'visibilitychange', () => {
      if (d.visibilityState == 'hidden') {
        leave();
        flush(1);
      } else {
        seconds();
      }
    });

    /* Links to other hosts, and files. */

    const files = /\.(pdf|docx?|xlsx?|pptx?|od[tsp]|csv|txt|epub|zip|rar|7z|t?gz|dmg|exe|msi|pkg|apk|mp[34]|mov|wav)$/i;
    const click = (e) => {
      const a = e.target.closest && e.target.closest('a[href]');
      if (!a || !/^https?:$/.test(a.protocol)) return;
      const kind = a.hasAttribute('download') || files.test(a.pathname) ? 'download'
        : a.hostname != l.hostname ? 'outbound' : '';
      if (!kind) return;
      add('exit', undefined, {kind, link: a.href, seconds: seconds()});
      flush(1);
    };
    on(d, 'click', click);
    on(d, 'auxclick', (e) => { if (e.button == 1) click(e); });

    /* Forms. */

    const secret = /pass|pwd|card|cvc|cvv|iban|ssn|secret|token/i;
    const hints = {'given-name': 'firstName', 'family-name': 'lastName', organization: 'company', tel: 'phone'};
    const isCard = (value) => {
      const digits = value.replace(/[ -]/g, '');
      if (!/^\d{13,19}$/.test(digits)) return false;
      let sum = 0;
      for (let i = 0; i < digits.length; i++) {
        const v = digits[digits.length - 1 - i] * (1 + i % 2);
        sum += v > 9 ? v - 9 : v;
      }
      return sum % 10 == 0;
    };
    const fields = (form) => {
      const out = {};
      for (const f of form.elements) {
        const hint = f.autocomplete || '', key = hints[hint] || f.name || f.id;
        if (!key || f.disabled || f.closest('[data-lb-private]') || /^cc-|password|one-time/.test(hint) ||
            secret.test(f.name + ' ' + f.id) ||
            /^(password|file|submit|button|reset|image|fieldset|output|object)$/.test(f.type) ||
            (f.type == 'hidden' && !f.hasAttribute('data-lb-include')) ||
            (/^(checkbox|radio)$/.test(f.type) && !f.checked) ||
            !f.value || isCard(f.value)) continue;
        const name = f.type == 'email' && !out.email ? 'email' : key;
        const value = f.value.slice(0, 2048);
        out[name] = name in out ? out[name] + ', ' + value : value;
      }
      return out;
    };
    const form = (what, values) => {
      const isForm = what && what.elements;
      // getAttribute: a field called "name" hides the property.
      const name = isForm ? what.getAttribute('name') || what.id || what.getAttribute('action') : what;
      add('form', name || 'form', values || (isForm ? fields(what) : {}));
      flush(1);
    };
    if ('forms' in settings) {
      on(d, 'submit', (e) => {
        if (!e.target.closest('[data-lb-private]')) form(e.target);
      });
    }

    /* Calls of the page, and those that waited. */

    const calls = {
      page: view,
      track: (name, properties) => add('custom', '' + name, properties),
      identify: (properties, name) => add('login', name, properties),
      form,
    };
    w.lb = safe((name, ...rest) => { calls[name](...rest); });
    w.lb.on = 1;

    const start = safe(() => {
      if (!('manual' in settings)) view();
      for (const call of (early && early.q) || []) w.lb(...call);
    });
    if (d.prerendering) on(d, 'prerenderingchange', start);
    else start();
  })();
})();
