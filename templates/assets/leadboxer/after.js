/* LeadBoxer's functions, onto lb(). */
(() => {
  const w = window;
  const person = /^(e-?mail|(first|last|user)?_?name|company(name|domain)?|phone(number)?|role|job_?title|customer ?id)$/i;
  const say = (...call) => { if (typeof w.lb == 'function') w.lb(...call); };

  w.OTMap = function () {
    let values = {};
    this.put = (name, value) => { values[name] = value; };
    this.get = (name) => values[name];
    this.remove = (name) => { delete values[name]; };
    this.clear = () => { values = {}; };
    this.size = () => Object.keys(values).length;
    this.keys = () => Object.keys(values);
    this.containsKey = (name) => name in values;
    this.toJSON = () => values;
  };
  w._otmap = w._otmap || new w.OTMap();

  w.OTLogService = {
    sendEvent(title, map) {
      if (title && title.toJSON) [title, map] = [title.get('ti') || title.get('title') || '', title];
      const values = Object.assign({}, map && map.toJSON ? map.toJSON() : map);
      // "!" at the end of a name made it a segment there.
      for (const name of Object.keys(values)) {
        const plain = name.replace(/!$/, '');
        if (plain != name) { values[plain] = values[name]; delete values[name]; }
      }
      if (Object.keys(values).some((name) => person.test(name))) say('identify', values, title || undefined);
      else say('track', title || 'event', values);
    },
  };
  // The page itself is counted by lb.js; what was put into the map is of the person.
  w.ot_log_state = () => {
    if (w._otmap.size()) say('identify', w._otmap.toJSON());
  };
  w.ot_uid = () => (/(?:^|; )lb_id=([0-9a-f]{32})/.exec(document.cookie) || [])[1] || '';
  w.ot_sid = () => '';
  try {
    if (typeof w.ot_onload == 'function') w.ot_onload();
  } catch (e) { /* the page comes first */ }
})();
