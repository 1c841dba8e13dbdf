/*
 * matomo.js - for pages that were made for Matomo: reads `_paq` and the global `Matomo`, and sends what
 * Matomo's own script would, to matomo.php beside it. Written from Matomo's description of its JavaScript
 * tracking client; sites may as well keep Matomo's own file, matomo.php takes both.
 *
 * Answered: trackPageView, trackEvent, trackSiteSearch, trackGoal, trackLink, trackContentInteraction,
 * the ecommerce calls, ping; setUserId, resetUserId, setCustomUrl, setDocumentTitle, setReferrerUrl,
 * setCustomDimension, setCustomVariable, their delete and get twins, enableLinkTracking,
 * enableHeartBeatTimer, disableCookies, setCookieDomain, setVisitorId, getVisitorId, requireConsent and its
 * family, setDoNotTrack, optUserOut, forgetUserOptOut, isUserOptedOut, addTracker, appendToTrackingUrl,
 * trackRequest, setTrackerUrl, setSiteId. Every other call is passed over.
 *
 * The visitor is the one of Matomo's first-party cookie (_pk_id...), where there is one, so that those who
 * were there before are known.
 */
(() => {
  const w = window, d = document, n = navigator, l = location;
  const safe = (f) => function () {
    try { return f.apply(this, arguments); } catch (e) { /* the page comes first */ }
  };
  if (w.Matomo && w.Matomo.getTracker) return;

  const YEAR = 393 * 86400; // as long as Matomo keeps it
  const files = /\.(7z|aac|apk|avi|azw3|bz2?|csv|deb|dmg|docx?|epub|exe|flv|gif|gz|iso|jar|jpe?g|mobi|mp[34]|mpe?g|mov|msi|od[bfgpst]|og[gv]|pdf|phps|png|pptx?|rar|tar|tgz|txt|wav|wm[av]|xlsx?|xml|zip)$/i;
  const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)),
    (b) => (b + 256).toString(16).slice(1)).join('');
  const cookie = (name) => (new RegExp('(?:^|; )' + name + '=([^;]*)').exec(d.cookie) || [])[1];
  const script = d.currentScript;
  const defined = (value) => value !== undefined && value !== null && value !== false && value !== '';

  function Tracker(url, site) {
    const also = []; // more places to send to
    let domain = '', cookies = true, consent = true, refused = false, visitor;
    let user, page, title, referrer, appended = '', pageId, linked = false, heart, seen = 0;
    let dimensions = {}, cart = {}, product = {};
    const variables = {visit: {}, page: {}};

    const keep = (name, value, seconds) => {
      d.cookie = name + '=' + value + ';path=/;samesite=lax;max-age=' + seconds +
        (domain ? ';domain=' + domain.replace(/^\*/, '') : '') + (l.protocol == 'https:' ? ';secure' : '');
    };
    const id = () => {
      if (visitor || !cookies) return visitor;
      visitor = (/(?:^|; )_pk_id\.[^=]*=([0-9a-f]{16})/.exec(d.cookie) || [])[1];
      if (!visitor) {
        visitor = hex(8);
        keep('_pk_id.' + site + '.lb', visitor + '.' + Math.floor(Date.now() / 1000) + '.', YEAR);
      }
      return visitor;
    };
    const address = () => page || l.href.replace(/#(?![/!]).*/, '');
    const filled = (object) => Object.keys(object).length ? JSON.stringify(object) : undefined;

    const send = safe((more) => {
      if (!consent || refused || cookie('mtm_optout') || !url && !script) return;
      const now = new Date();
      const values = Object.assign({
        rec: 1, url: address(), urlref: referrer === undefined ? d.referrer : referrer,
        _id: id(), uid: user, pv_id: pageId, res: screen.width + 'x' + screen.height, lang: n.language,
        h: now.getHours(), m: now.getMinutes(), s: now.getSeconds(), cookie: cookies ? 1 : 0,
        cvar: filled(variables.page), _cvar: filled(variables.visit), rand: hex(4), send_image: 0,
      }, dimensions, more);
      for (const [to, of] of [[url || new URL('matomo.php', script.src).href, site]].concat(also)) {
        const query = Object.entries(Object.assign({idsite: of}, values)).filter(([, value]) => defined(value))
          .map(([name, value]) => name + '=' + encodeURIComponent(value)).join('&') + appended;
        const body = new Blob([query], {type: 'application/x-www-form-urlencoded; charset=UTF-8'});
        if (n.sendBeacon && n.sendBeacon(to, body)) continue;
        fetch(to, {method: 'POST', body, keepalive: true}).catch(() => {});
      }
    });
    const items = () => JSON.stringify(Object.values(cart));

    const self = {
      setTrackerUrl: (value) => { url = new URL(value, l.href).href; },
      setSiteId: (value) => { site = value; },
      getSiteId: () => site,
      getTrackerUrl: () => url,
      addTracker: (to, of) => { also.push([new URL(to, l.href).href, of || site]); return self; },

      trackPageView: (name, data) => {
        pageId = hex(3);
        const shown = name || (typeof title == 'function' ? title() : title) || (d.title && d.title.text || d.title);
        send(Object.assign({action_name: shown}, product, data));
        product = {};
        referrer = address(); // of what a single-page app shows next
        seen = Date.now();
      },
      trackEvent: (category, action, name, value, data) =>
        send(Object.assign({e_c: category, e_a: action, e_n: name, e_v: value, ca: 1}, data)),
      trackSiteSearch: (keyword, category, count, data) =>
        send(Object.assign({search: keyword, search_cat: category, search_count: count}, data)),
      trackGoal: (goal, revenue, data) => send(Object.assign({idgoal: goal, revenue, ca: 1}, data)),
      trackLink: (to, kind, data) => send(Object.assign({[kind == 'download' ? 'download' : 'link']: to, ca: 1}, data)),
      trackContentInteraction: (c_i, c_n, c_p, c_t) => send({c_i, c_n, c_p, c_t, ca: 1}),
      trackRequest: (query, data) => send(Object.assign(Object.fromEntries(new URLSearchParams(query)), data)),
      ping: () => send({ping: 1}),

      addEcommerceItem: (sku, name, category, price, quantity) => {
        cart[sku] = [String(sku), name || '', category || '', price || 0, quantity || 1];
      },
      removeEcommerceItem: (sku) => { delete cart[sku]; },
      clearEcommerceCart: () => { cart = {}; },
      trackEcommerceOrder: (order, revenue, ec_st, ec_tx, ec_sh, ec_dt) => {
        send({idgoal: 0, ec_id: order, revenue, ec_st, ec_tx, ec_sh, ec_dt, ec_items: items(), ca: 1});
        cart = {};
      },
      trackEcommerceCartUpdate: (revenue) => send({idgoal: 0, revenue, ec_items: items(), ca: 1}),
      setEcommerceView: (_pks, _pkn, _pkc, _pkp) => {
        product = {_pks, _pkn, _pkc: Array.isArray(_pkc) ? JSON.stringify(_pkc) : _pkc, _pkp};
      },

      setUserId: (value) => { user = value; },
      getUserId: () => user,
      resetUserId: () => { user = undefined; },
      setCustomUrl: (value) => { page = new URL(value, l.href).href; },
      getCurrentUrl: address,
      setDocumentTitle: (value) => { title = value; },
      setReferrerUrl: (value) => { referrer = value; },
      setVisitorId: (value) => { if (/^[0-9a-f]{16}$/i.test(value)) visitor = value; },
      getVisitorId: id,
      appendToTrackingUrl: (query) => { appended = query ? '&' + query.replace(/^[?&]/, '') : ''; },
      setCustomDimension: (number, value) => { dimensions['dimension' + number] = String(value); },
      getCustomDimension: (number) => dimensions['dimension' + number],
      deleteCustomDimension: (number) => { delete dimensions['dimension' + number]; },
      setCustomVariable: (index, name, value, scope) => {
        variables[scope == 'page' ? 'page' : 'visit'][index] = [String(name), String(value)];
      },
      getCustomVariable: (index, scope) => variables[scope == 'page' ? 'page' : 'visit'][index] || false,
      deleteCustomVariable: (index, scope) => { delete variables[scope == 'page' ? 'page' : 'visit'][index]; },
      deleteCustomVariables: (scope) => { variables[scope == 'page' ? 'page' : 'visit'] = {}; },

      setCookieDomain: (value) => { domain = value; },
      disableCookies: () => { cookies = false; visitor = undefined; },
      enableCookies: () => { cookies = true; },
      deleteCookies: () => {
        for (const part of d.cookie.split('; ')) {
          if (/^_pk_/.test(part)) keep(part.split('=')[0], '', 0);
        }
      },
      setDoNotTrack: (on) => { refused = on && (n.doNotTrack == 1 || n.globalPrivacyControl); },
      requireConsent: () => { consent = !!cookie('mtm_consent'); },
      setConsentGiven: () => { consent = true; },
      rememberConsentGiven: () => { consent = true; keep('mtm_consent', Date.now(), 30 * 365 * 86400); },
      forgetConsentGiven: () => { consent = false; keep('mtm_consent', '', 0); },
      hasConsent: () => consent,
      requireCookieConsent: () => { cookies = !!cookie('mtm_cookie_consent'); },
      setCookieConsentGiven: () => { cookies = true; },
      rememberCookieConsentGiven: () => { cookies = true; keep('mtm_cookie_consent', Date.now(), 30 * 365 * 86400); },
      forgetCookieConsentGiven: () => { cookies = false; keep('mtm_cookie_consent', '', 0); self.deleteCookies(); },
      optUserOut: () => { keep('mtm_optout', 1, YEAR); },
      forgetUserOptOut: () => { keep('mtm_optout', '', 0); },
      isUserOptedOut: () => !!cookie('mtm_optout'),

      enableLinkTracking: (on) => {
        if (linked || on === false) return;
        linked = true;
        const click = safe((e) => {
          const a = e.target.closest && e.target.closest('a[href]');
          if (!a || !/^https?:$/.test(a.protocol) || a.closest('.matomo_ignore,.piwik_ignore')) return;
          const marked = a.matches('.matomo_download,.piwik_download');
          if (marked || a.hasAttribute('download') || files.test(a.pathname)) self.trackLink(a.href, 'download');
          else if (a.hostname != l.hostname || a.matches('.matomo_link,.piwik_link')) self.trackLink(a.href, 'link');
        });
        d.addEventListener('click', click, true);
        d.addEventListener('auxclick', (e) => { if (e.button == 1) click(e); }, true);
      },
      enableHeartBeatTimer: (seconds) => {
        clearInterval(heart);
        const every = Math.max(+seconds || 15, 5) * 1000;
        heart = setInterval(() => {
          if (seen && d.visibilityState == 'visible' && d.hasFocus()) self.ping();
        }, every);
      },
      disableHeartBeatTimer: () => { clearInterval(heart); },
    };
    return self;
  }

  const first = new Tracker('', '');
  const call = safe((what) => {
    const [name, ...rest] = Array.from(what);
    if (typeof name == 'function') return name.apply(first, rest);
    if (Object.prototype.hasOwnProperty.call(first, name)) first[name](...rest);
  });
  // What says how to track goes before what tracks, wherever in the page it stands.
  const settings = /^(set(TrackerUrl|SiteId|UserId|VisitorId|CookieDomain|DoNotTrack)|addTracker|disableCookies|require)/;
  const isSetting = (what) => settings.test(what && what[0]);
  const early = Array.isArray(w._paq) ? w._paq : [];
  w.Matomo = w.Piwik = {
    initialized: true,
    getTracker: (url, site) => new Tracker(url && new URL(url, l.href).href, site),
    getAsyncTracker: () => first,
    addTracker: (url, site) => first.addTracker(url, site),
  };
  w._paq = {push: (...calls) => { calls.forEach(call); }};
  for (const init of ['matomoAsyncInit', 'piwikAsyncInit']) {
    if (typeof w[init] == 'function') safe(w[init])();
  }
  early.filter(isSetting).forEach(call);
  early.filter((what) => !isSetting(what)).forEach(call);
})();
